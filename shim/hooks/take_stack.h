// The stack of an allocation, as an id.
#ifndef MEMSHIM_SHIM_HOOKS_TAKE_STACK_H_
#define MEMSHIM_SHIM_HOOKS_TAKE_STACK_H_

#include <atomic>

#include "shim/hooks/process.h"
#include "shim/record/recorder.h"

namespace memshim::hooks {

// Frames of the deepest stacks that are taken as the memo has them: the option, once the engine is
// open, is our own, and nothing is verified (the usual case); before, and else, 0.
extern MEMSHIM_LOCAL std::atomic<int> g_remembered_depth;

// TakeStack, where the memo does not know the id. `found`: what it has said.
MEMSHIM_NOINLINE unwind::StackId TakeAnew(const Recording& recording,
                                          const unwind::FrameState& caller,
                                          unwind::Memo::Found found);

// The stack that begins with `caller`, the frame that called the hook. Where the unwinder is not
// open yet, or finds nothing, the caller alone.
// Context: hook. Requires: an open event. Signals: guarded.
MEMSHIM_INLINE record::Stack TakeStack(const Recording& recording,
                                       const unwind::FrameState& caller) {
  ThreadSlot& slot = recording.slot;
  // relaxed: while it is 0, the memo recalls nothing; once it is not, the thread's own walks have
  // made what it recalls.
  const int deepest = g_remembered_depth.load(std::memory_order_relaxed);
  const unwind::Memo::Found found =
      unwind::RecallByCfi(caller, deepest, slot.capture, &slot.memo, recording.process.trie);
  if (found == unwind::Memo::Found::kKept) [[likely]] {
    const unwind::StackId stack = slot.memo.KnownName();
    if (stack != unwind::Memo::kUnnamed) [[likely]]
      return {stack, slot.memo.Note()};
  }
  return {TakeAnew(recording, caller, found), nullptr};
}

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_TAKE_STACK_H_
