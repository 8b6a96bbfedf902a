// The calling thread's state, for Linux: thread-local data that lies where the thread begins. A
// platform is a folder with a file of this name; the build puts one of them on the include path.
#ifndef MEMSHIM_SHIM_HOOKS_LINUX_THIS_THREAD_H_
#define MEMSHIM_SHIM_HOOKS_LINUX_THIS_THREAD_H_

#include "shim/base/attributes.h"
#include "shim/hooks/thread_state.h"

namespace memshim::hooks {

extern MEMSHIM_TLS ThreadState t_state;

inline ThreadState& ThisThread() { return t_state; }

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_LINUX_THIS_THREAD_H_
