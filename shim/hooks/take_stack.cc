// See take_stack.h.
#include "shim/hooks/take_stack.h"

#include <atomic>

extern "C" char** environ __attribute__((weak));

namespace memshim::hooks {
namespace {

using unwind::Engine;

enum class Opening : uint8_t { kNotTried, kTrying, kOpen, kFailed };
std::atomic<Opening> g_opening;  // written by whoever turns kNotTried into kTrying
Engine g_engine;                 // valid once kOpen

// libunwind is opened at the first allocation that finds the C library ready. Not in the
// constructor: it runs before the C library's, which dlopen would then run too early, without
// arguments and environment (seen: the program's environment was empty). Not on behalf of the
// loader either, whose tables may be half changed.
bool MayOpen(Engine engine, uint64_t caller) {
  return engine != Engine::kLibunwind ||
         (&environ != nullptr && environ != nullptr && !IsInLoader(caller));
}

MEMSHIM_NOINLINE void OpenOnce(uint64_t caller) {
  if (!g_config.is_ready) return;  // the constructor has not read the options yet
  const Engine engine = unwind::EngineByName(g_config.unwinder.view());
  if (!MayOpen(engine, caller)) return;
  Opening expected = Opening::kNotTried;
  if (!g_opening.compare_exchange_strong(expected, Opening::kTrying, std::memory_order_acquire)) {
    return;
  }
  t_state.busy = Busy::kOwnWork;
  const bool is_open = unwind::OpenEngine(engine);
  t_state.busy = Busy::kRecording;
  g_engine = engine;
  // release: pairs with the acquire in TakeStack; the engine is ready.
  g_opening.store(is_open ? Opening::kOpen : Opening::kFailed, std::memory_order_release);
  if (is_open) return;
  base::Text<256> line;
  line.Append("memshim: cannot open the unwinder \"").Append(g_config.unwinder.view());
  line.Append("\": stacks have one frame only");
  WriteLine(line.view());
}

int CaptureStack(unwind::CaptureScratch* scratch, uint32_t generation) {
  if (g_engine == Engine::kCfi || t_state.has_unwound) [[likely]] {
    return unwind::Capture(g_engine, scratch, generation);
  }
  // libunwind's first look at a thread may allocate.
  t_state.busy = Busy::kOwnWork;
  const int depth = unwind::Capture(g_engine, scratch, generation);
  t_state.busy = Busy::kRecording;
  t_state.has_unwound = true;
  return depth;
}

}  // namespace

unwind::StackId TakeStack(const Event& event, uint64_t caller) {
  ThreadSlot& slot = event.slot();
  unwind::StackTrie& trie = event.process().trie;
  if (g_opening.load(std::memory_order_acquire) == Opening::kNotTried) [[unlikely]] {
    OpenOnce(caller);
  }
  const bool is_open = g_opening.load(std::memory_order_acquire) == Opening::kOpen;
  int depth = is_open ? CaptureStack(&slot.capture, trie.generation()) : 0;
  if (depth == 0) {
    slot.capture.pcs[0] = caller - 1;
    depth = 1;
    event.process().ledger.CountLoss(ledger::Loss::kStackMissing);
  }
  const int limit = g_config.depth;  // 0 before the constructor has run
  if (limit != 0 && limit < static_cast<int>(ledger::kMaxDepth) && depth > limit) depth = limit;
  return trie.Intern(slot.capture.pcs, depth, &slot.last_stack);
}

}  // namespace memshim::hooks
