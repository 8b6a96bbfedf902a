// Whether a system call may end the process: after PR_SET_SECCOMP or PR_SET_NO_NEW_PRIVS nothing is
// started and nothing opened, and the calls that a strict filter may lack are left out.
// A filter that was there when the program started is not counted: it is a container's, and has let
// the loader open and map files (docs/decisions/0007).
// Ordinary memory: it holds for forked children, too.
#ifndef MEMSHIM_SHIM_BASE_RESTRICTED_H_
#define MEMSHIM_SHIM_BASE_RESTRICTED_H_

namespace memshim::base {

inline bool g_is_restricted = false;  // only ever set; a late look does no harm

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_RESTRICTED_H_
