// The stack of an allocation, as an id.
#ifndef MEMSHIM_SHIM_HOOKS_TAKE_STACK_H_
#define MEMSHIM_SHIM_HOOKS_TAKE_STACK_H_

#include "shim/hooks/process.h"

namespace memshim::hooks {

// The stack that begins with `caller`, the frame that called the hook. Where the unwinder is not
// open yet, or finds nothing, the caller alone. Context: hook. Requires: an open event. Signals:
// guarded.
unwind::StackId TakeStack(const Recording& recording, const unwind::FrameState& caller);

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_TAKE_STACK_H_
