// See take_stack.h.
#include "shim/hooks/take_stack.h"

#include <atomic>
#include <cerrno>

#include "shim/base/restricted.h"

extern "C" char** environ __attribute__((weak));

namespace memshim::hooks {
namespace {

using unwind::Engine;

// Something that opens libraries on first use: the engine, the oracle.
enum class Opening : uint8_t { kNotTried, kTrying, kOpen, kFailed };
struct OpenOnce {
  std::atomic<Opening> state;  // written by whoever turns kNotTried into kTrying

  // acquire: pairs with the release in TryOpen; what was opened is ready.
  Opening Load() const { return state.load(std::memory_order_acquire); }
};
OpenOnce g_engine_opening, g_oracle_opening;
Engine g_engine;  // valid once its opening is kOpen

// libunwind is opened at the first allocation that finds the C library ready. Not in the
// constructor: it runs before the C library's, which dlopen would then run too early, without
// arguments and environment (seen: the program's environment was empty). Not on behalf of the
// loader either, whose tables may be half changed.
bool MayOpenLibunwind(uint64_t caller) {
  return &environ != nullptr && environ != nullptr && !IsInLoader(caller);
}

// Opens at most once, whoever asks. `open` may allocate; `failure` is the line for when it cannot.
template <typename Open>
void TryOpen(OpenOnce* opening, std::string_view failure, Open open) {
  Opening expected = Opening::kNotTried;
  if (!opening->state.compare_exchange_strong(expected, Opening::kTrying,
                                              std::memory_order_acquire)) {
    return;
  }
  t_state.busy = Busy::kOwnWork;
  const int saved_errno = errno;
  const bool is_open = open();
  errno = saved_errno;
  t_state.busy = Busy::kRecording;
  opening->state.store(is_open ? Opening::kOpen : Opening::kFailed, std::memory_order_release);
  if (!is_open) WriteLine(failure);
}

MEMSHIM_NOINLINE void OpenEngineOnce(uint64_t caller) {
  if (!g_config.is_ready) return;  // the constructor has not read the options yet
  const Engine engine = unwind::EngineByName(g_config.unwinder.view());
  if (engine == Engine::kLibunwind && !MayOpenLibunwind(caller)) return;
  base::Text<256> failure;
  failure.Append("memshim: cannot open the unwinder \"").Append(g_config.unwinder.view());
  failure.Append("\": stacks have one frame only");
  TryOpen(&g_engine_opening, failure.view(), [engine] {
    g_engine = engine;
    return unwind::OpenEngine(engine);
  });
}

int CaptureStack(unwind::CaptureScratch* scratch, uint32_t generation, uint64_t caller) {
  if (g_engine == Engine::kCfi) [[likely]]
    return unwind::Capture(g_engine, scratch, generation);
  // libunwind's locks and the loader's must not be taken in two orders.
  if (IsInLoader(caller)) return 0;
  t_state.busy = Busy::kOwnWork;  // it may allocate when it meets a module for the first time
  const int depth = unwind::Capture(g_engine, scratch, generation);
  t_state.busy = Busy::kRecording;
  return depth;
}

// One line for each of the first differences: where to look.
void ReportDifference(const unwind::Comparison& comparison, const unwind::OracleScratch& oracle) {
  constexpr uint32_t kMaxLines = 5;
  static std::atomic<uint32_t> g_lines;
  if (g_lines.fetch_add(1, std::memory_order_relaxed) >= kMaxLines) return;
  const int frame = comparison.frame;
  base::Text<256> line;
  line.Append("memshim: verify: frame ").AppendNumber(static_cast<uint64_t>(frame));
  line.Append(" differs: recorded ");
  line.AppendHex(frame < comparison.recorded_depth ? oracle.recorded[frame] : 0).Append(" of ");
  line.AppendNumber(static_cast<uint64_t>(comparison.recorded_depth)).Append(" frames, expected ");
  const int expected = comparison.expected_frame;
  line.AppendHex(expected < comparison.expected_depth ? oracle.expected.pcs[expected] : 0);
  line.Append(" of ");
  line.AppendNumber(static_cast<uint64_t>(comparison.expected_depth));
  WriteLine(line.view());
}

ledger::Verdict VerdictOn(unwind::StackId stack, ThreadSlot* slot, unwind::StackTrie* trie) {
  if (slot->oracle == nullptr) {
    slot->oracle =
        static_cast<unwind::OracleScratch*>(base::MapPrivate(sizeof(unwind::OracleScratch)));
    if (slot->oracle == nullptr) return ledger::Verdict::kNotCompared;
  }
  const int depth = trie->Read(stack, slot->oracle->recorded);
  t_state.busy = Busy::kOwnWork;
  const unwind::Comparison comparison =
      unwind::CompareWithOracle(slot->oracle, depth, g_config.depth, trie->generation());
  t_state.busy = Busy::kRecording;
  if (comparison.verdict == ledger::Verdict::kDifferent) {
    ReportDifference(comparison, *slot->oracle);
  }
  return comparison.verdict;
}

// Compares a stack that has just been taken and counts what came out. Not on behalf of the
// loader: libunwind's locks and the loader's must not be taken in two orders.
MEMSHIM_NOINLINE void Verify(unwind::StackId stack, bool is_taken, const Event& event,
                             uint64_t caller) {
  if (g_oracle_opening.Load() == Opening::kNotTried && MayOpenLibunwind(caller)) {
    TryOpen(&g_oracle_opening, "memshim: verify=on: cannot open libunwind; nothing is compared",
            [] { return unwind::OpenLibunwind(); });
  }
  ledger::Verdict verdict = ledger::Verdict::kNotCompared;
  if (g_oracle_opening.Load() == Opening::kOpen && !IsInLoader(caller) && !base::g_is_restricted &&
      is_taken && stack != unwind::kOutOfSpaceStack) {
    verdict = VerdictOn(stack, &event.slot(), &event.process().trie);
  }
  // relaxed: a statistic.
  event.process().ledger.header().verdicts[static_cast<uint32_t>(verdict)].fetch_add(
      1, std::memory_order_relaxed);
}

}  // namespace

unwind::StackId TakeStack(const Event& event, uint64_t caller) {
  ThreadSlot& slot = event.slot();
  unwind::StackTrie& trie = event.process().trie;
  if (g_engine_opening.Load() == Opening::kNotTried) [[unlikely]]
    OpenEngineOnce(caller);
  const bool is_open = g_engine_opening.Load() == Opening::kOpen;
  const int taken = is_open ? CaptureStack(&slot.capture, trie.generation(), caller) : 0;
  int depth = taken;
  if (taken == 0) {
    slot.capture.pcs[0] = caller - 1;
    depth = 1;
    event.process().ledger.CountLoss(ledger::Loss::kStackMissing);
  }
  const int limit = g_config.depth;  // 0 before the constructor has run
  if (limit != 0 && limit < static_cast<int>(ledger::kMaxDepth) && depth > limit) depth = limit;
  const unwind::StackId stack = trie.Intern(slot.capture.pcs, depth, &slot.last_stack);
  if (g_config.is_verified) [[unlikely]]
    Verify(stack, taken != 0, event, caller);
  return stack;
}

}  // namespace memshim::hooks
