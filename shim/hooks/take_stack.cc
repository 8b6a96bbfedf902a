// See take_stack.h.
#include "shim/hooks/take_stack.h"

extern "C" char** environ __attribute__((weak));

namespace memshim::hooks {
namespace {

enum class Opening : uint8_t { kNotTried, kTrying, kOpen, kFailed };
Opening g_opening;  // written by whoever turns kNotTried into kTrying

// Engines that are libraries are opened at the first allocation that finds the C library ready.
// Not in the constructor: it runs before the C library's, which dlopen would then run too early,
// without arguments and environment (seen: the program's environment was empty).
// Not on behalf of the loader either, whose tables may be half changed.
bool MayOpen(uint64_t caller) {
  return g_config.is_ready && &environ != nullptr && environ != nullptr && !IsInLoader(caller);
}

MEMSHIM_NOINLINE void OpenEngine() {
  Opening expected = Opening::kNotTried;
  if (!__atomic_compare_exchange_n(&g_opening, &expected, Opening::kTrying, false, __ATOMIC_ACQUIRE,
                                   __ATOMIC_RELAXED)) {
    return;
  }
  t_state.busy = Busy::kOwnWork;
  const bool is_open = unwind::OpenUnwinder(g_config.unwinder.view());
  t_state.busy = Busy::kRecording;
  // release: pairs with the acquire in TakeStack; the engine's pointers are set.
  __atomic_store_n(&g_opening, is_open ? Opening::kOpen : Opening::kFailed, __ATOMIC_RELEASE);
  if (is_open) return;
  base::Text<256> line;
  line.Append("memshim: cannot open the unwinder \"").Append(g_config.unwinder.view());
  line.Append("\": stacks have one frame only; install libunwind8");
  WriteLine(line.view());
}

int CaptureStack(uint64_t* captured) {
  if (t_state.has_unwound) [[likely]]
    return unwind::Capture(captured);
  // The engine's first look at a thread may allocate.
  t_state.busy = Busy::kOwnWork;
  const int depth = unwind::Capture(captured);
  t_state.busy = Busy::kRecording;
  t_state.has_unwound = true;
  return depth;
}

}  // namespace

unwind::StackId TakeStack(const Event& event, uint64_t caller) {
  ThreadSlot& slot = event.slot();
  Opening opening = __atomic_load_n(&g_opening, __ATOMIC_ACQUIRE);
  if (opening == Opening::kNotTried && MayOpen(caller)) [[unlikely]] {
    OpenEngine();
    opening = __atomic_load_n(&g_opening, __ATOMIC_ACQUIRE);
  }
  int depth = opening == Opening::kOpen ? CaptureStack(slot.captured) : 0;
  if (depth == 0) {
    slot.captured[0] = caller - 1;
    depth = 1;
    event.process().ledger.CountLoss(ledger::Loss::kStackMissing);
  }
  const int limit = g_config.depth;  // 0 before the constructor has run
  if (limit != 0 && limit < static_cast<int>(ledger::kMaxDepth) && depth > limit) depth = limit;
  return event.process().trie.Intern(slot.captured, depth, &slot.last_stack);
}

}  // namespace memshim::hooks
