// See take_stack.h.
#include "shim/hooks/take_stack.h"

#include <atomic>
#include <cerrno>

#include "shim/base/restricted.h"
#include "shim/hooks/standard_error.h"
#include "shim/hooks/surroundings.h"

namespace memshim::hooks {
namespace {

using unwind::Engine;

// Frames recorded of a stack; of deeper ones, the innermost.
int DepthLimit() {
  // 0 before the constructor has run.
  return g_config.depth == 0 ? static_cast<int>(ledger::kMaxDepth) : g_config.depth;
}

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
bool MayOpenLibunwind(uint64_t caller) { return IsLibcReady() && !IsInLoader(caller); }

// Opens at most once, whoever asks. `open` may allocate; `failure` is the line for when it cannot.
template <typename Open>
void TryOpen(OpenOnce* opening, std::string_view failure, Open open) {
  Opening expected = Opening::kNotTried;
  if (!opening->state.compare_exchange_strong(expected, Opening::kTrying,
                                              std::memory_order_acquire)) {
    return;
  }
  ThisThread().busy = Busy::kOwnWork;
  const int saved_errno = errno;
  const bool is_open = open();
  errno = saved_errno;
  ThisThread().busy = Busy::kRecording;
  opening->state.store(is_open ? Opening::kOpen : Opening::kFailed, std::memory_order_release);
  if (!is_open) WriteLine(failure);
}

MEMSHIM_NOINLINE void OpenEngineOnce(uint64_t caller) {
  if (!g_config.is_ready) return;  // the constructor has not read the options yet
  const Engine engine = unwind::EngineByName(g_config.unwinder.view());
  if (engine == Engine::kLibunwind && !MayOpenLibunwind(caller)) return;
  base::Text<256> failure;
  failure.Append("memshim: cannot open the unwinder \"").AppendPlain(g_config.unwinder.view());
  failure.Append("\": stacks have one frame only");
  TryOpen(&g_engine_opening, failure.view(), [engine] {
    g_engine = engine;
    return unwind::OpenEngine(engine);
  });
}

unwind::OracleScratch* LibunwindScratchOf(ThreadSlot* slot) {
  if (slot->oracle == nullptr) {
    slot->oracle =
        static_cast<unwind::OracleScratch*>(base::MapPrivate(sizeof(unwind::OracleScratch)));
  }
  return slot->oracle;
}

unwind::StackId Name(uint64_t* pcs, int depth, const Recording& recording) {
  const int limit = DepthLimit();
  // Those deeper than kMaxDepth are cut by Intern, in the middle.
  if (limit < static_cast<int>(ledger::kMaxDepth) && depth > limit) depth = limit;
  return recording.process.trie.Intern(pcs, depth, &recording.slot.last_stack);
}

// No stack could be taken: the caller alone.
unwind::StackId NameCaller(const unwind::FrameState& caller, const Recording& recording) {
  recording.process.trie.CountStackMissing();
  uint64_t pc = caller.pc;
  return Name(&pc, 1, recording);
}

// Not on behalf of the loader: libunwind's locks and its must not be taken in two orders.
// Not in a forked child either: another thread may have held libunwind's locks at the fork (seen:
// the child waited for ever).
bool MayAskLibunwind(uint64_t caller) {
  return !IsInLoader(caller) && !base::IsRestricted() && !g_process->is_forked;
}

// 0: it cannot be asked, or finds nothing.
int CaptureByLibunwind(ThreadSlot* slot, uint32_t generation, uint64_t caller) {
  if (!MayAskLibunwind(caller) || LibunwindScratchOf(slot) == nullptr) return 0;
  bool is_whole;
  ThisThread().busy = Busy::kOwnWork;  // it may allocate when it meets a module for the first time
  const int depth = unwind::CaptureByLibunwind(&slot->oracle->expected, generation, &is_whole);
  ThisThread().busy = Busy::kRecording;
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
  if (LibunwindScratchOf(slot) == nullptr) return ledger::Verdict::kNotCompared;
  const int depth = trie->Read(stack, slot->oracle->recorded);
  ThisThread().busy = Busy::kOwnWork;
  const unwind::Comparison comparison =
      unwind::CompareWithOracle(slot->oracle, depth, DepthLimit(), trie->generation());
  ThisThread().busy = Busy::kRecording;
  if (comparison.verdict == ledger::Verdict::kDifferent) {
    ReportDifference(comparison, *slot->oracle);
  }
  return comparison.verdict;
}

// Compares a stack that has just been taken and counts what came out.
void Verify(unwind::StackId stack, bool is_taken, const Recording& recording, uint64_t caller) {
  if (g_oracle_opening.Load() == Opening::kNotTried && MayOpenLibunwind(caller)) {
    TryOpen(&g_oracle_opening, "memshim: verify=on: cannot open libunwind; nothing is compared",
            [] { return unwind::OpenLibunwind(); });
  }
  ledger::Verdict verdict = ledger::Verdict::kNotCompared;
  if (g_oracle_opening.Load() == Opening::kOpen && MayAskLibunwind(caller) && is_taken &&
      stack != unwind::kOutOfSpaceStack) {
    verdict = VerdictOn(stack, &recording.slot, &recording.process.trie);
  }
  // relaxed: a statistic.
  recording.process.ledger.header().verdicts[static_cast<uint32_t>(verdict)].fetch_add(
      1, std::memory_order_relaxed);
}

// Whether a stack has been taken.
bool TakeByLibunwind(const Recording& recording, uint64_t caller, unwind::StackId* stack) {
  ThreadSlot& slot = recording.slot;
  const int depth = CaptureByLibunwind(&slot, recording.process.trie.generation(), caller);
  if (depth != 0) *stack = Name(slot.oracle->expected.pcs, depth, recording);
  return depth != 0;
}

// A stack that the memo does not hold (`depth`: kInMemo, or of those in the scratch), or not as it
// is to be recorded.
unwind::StackId NameListed(int depth, const Recording& recording,
                           const unwind::FrameState& caller) {
  ThreadSlot& slot = recording.slot;
  if (depth == unwind::kInMemo) {
    depth = slot.memo.List(slot.memo.current(), slot.capture.pcs, unwind::kMaxCapture);
  }
  if (depth == 0) return NameCaller(caller, recording);
  return Name(slot.capture.pcs, depth, recording);
}

unwind::StackId TakeByCfi(const Recording& recording, const unwind::FrameState& caller,
                          unwind::Memo::Found found) {
  ThreadSlot& slot = recording.slot;
  unwind::StackTrie& trie = recording.process.trie;
  // (Not DepthLimit: where the engine is open, the options have been read.)
  const int deepest = g_config.depth;
  const int depth = unwind::CaptureByCfi(caller, found, deepest, &slot.capture, &slot.memo,
                                         &recording.process.codes, &trie);
  if (depth != unwind::kInMemo || slot.memo.depth() > deepest) {
    return NameListed(depth, recording, caller);
  }
  const unwind::StackId stack = slot.memo.Name(&trie);
  if (stack == unwind::kOutOfSpaceStack) {
    recording.process.ledger.CountLoss(ledger::Loss::kOutOfSpace);
  }
  return stack;
}

// Whatever the options say.
unwind::StackId TakeAnyhow(const Recording& recording, const unwind::FrameState& caller) {
  if (g_engine_opening.Load() == Opening::kNotTried) OpenEngineOnce(caller.pc);
  const bool is_open = g_engine_opening.Load() == Opening::kOpen;
  unwind::StackId stack;
  bool is_taken = is_open;
  if (is_open && (g_engine == Engine::kCfi || recording.process.is_forked)) {
    stack = TakeByCfi(recording, caller, unwind::Memo::Found::kNotSought);
    if (!g_config.is_verified) {
      g_remembered_depth.store(g_config.depth, std::memory_order_release);
    }
  } else {
    is_taken = is_open && TakeByLibunwind(recording, caller.pc, &stack);
  }
  if (!is_taken) stack = NameCaller(caller, recording);
  if (g_config.is_verified) Verify(stack, is_taken, recording, caller.pc);
  return stack;
}

}  // namespace

std::atomic<int> g_remembered_depth;

unwind::StackId TakeAnew(const Recording& recording, const unwind::FrameState& caller,
                         unwind::Memo::Found found) {
  // acquire: pairs with the release in TakeAnyhow; the engine is ready.
  if (g_remembered_depth.load(std::memory_order_acquire) == 0) {
    return TakeAnyhow(recording, caller);
  }
  return TakeByCfi(recording, caller, found);
}

}  // namespace memshim::hooks
