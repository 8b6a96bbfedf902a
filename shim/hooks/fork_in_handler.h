// The one kind of fork that wiped memory alone does not make safe: a signal handler forks while its
// thread is inside a hook. When the handler returns, the hook goes on in the child, in the middle
// of structures that would be zeros there. Context: start (Prepare), fork. Locks: a try-lock.
// Allocates: the C library may, at start.
#ifndef MEMSHIM_SHIM_HOOKS_FORK_IN_HANDLER_H_
#define MEMSHIM_SHIM_HOOKS_FORK_IN_HANDLER_H_

namespace memshim::hooks {

// Registers handlers around fork. In that case, and no other, they let the child have copies of
// our memory, take the ledger away from it, and end its recording.
void PrepareForkInHandler();

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_FORK_IN_HANDLER_H_
