// The stack of an allocation, as an id.
#ifndef MEMSHIM_SHIM_HOOKS_TAKE_STACK_H_
#define MEMSHIM_SHIM_HOOKS_TAKE_STACK_H_

#include <atomic>

#include "shim/hooks/process.h"

namespace memshim::hooks {

// The engine is open, is our own, and nothing is verified: the usual case.
extern std::atomic<bool> g_takes_by_cfi;

// Frames recorded of a stack; of deeper ones, the innermost.
inline int DepthLimit() {
  // 0 before the constructor has run.
  return g_config.depth == 0 ? static_cast<int>(ledger::kMaxDepth) : g_config.depth;
}

// A stack that the memo does not hold (`depth`: kInMemo, or of those in the scratch), or not as it
// is to be recorded.
MEMSHIM_NOINLINE unwind::StackId NameListed(int depth, const Recording& recording,
                                            const unwind::FrameState& caller);

// TakeStack, whatever the options say.
MEMSHIM_NOINLINE unwind::StackId TakeAnyhow(const Recording& recording,
                                            const unwind::FrameState& caller);

MEMSHIM_INLINE unwind::StackId TakeByCfi(const Recording& recording,
                                         const unwind::FrameState& caller) {
  ThreadSlot& slot = recording.slot;
  unwind::StackTrie& trie = recording.process.trie;
  // (Not DepthLimit: where the engine is open, the options have been read.)
  const int deepest = g_config.depth;
  const int depth = unwind::CaptureByCfi(caller, deepest, &slot.capture, &slot.memo,
                                         &recording.process.codes, &trie);
  if (depth != unwind::kInMemo || slot.memo.depth() > deepest) [[unlikely]]
    return NameListed(depth, recording, caller);
  const unwind::StackId stack = slot.memo.Name(&trie);
  if (stack == unwind::kOutOfSpaceStack) [[unlikely]]
    recording.process.ledger.CountLoss(ledger::Loss::kOutOfSpace);
  return stack;
}

// The stack that begins with `caller`, the frame that called the hook. Where the unwinder is not
// open yet, or finds nothing, the caller alone.
// Context: hook. Requires: an open event. Signals: guarded.
MEMSHIM_INLINE unwind::StackId TakeStack(const Recording& recording,
                                         const unwind::FrameState& caller) {
  // acquire: pairs with the release in TakeAnyhow; the engine is ready.
  if (g_takes_by_cfi.load(std::memory_order_acquire)) [[likely]]
    return TakeByCfi(recording, caller);
  return TakeAnyhow(recording, caller);
}

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_TAKE_STACK_H_
