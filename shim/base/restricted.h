// Whether a system call may end the process: after PR_SET_SECCOMP or PR_SET_NO_NEW_PRIVS nothing is
// started and nothing opened, and the calls that a strict filter may lack are left out.
// A filter that was there when the program started is not counted: it is a container's, and has let
// the loader open and map files (docs/decisions/0007).
// Ordinary memory: it holds for forked children, too.
#ifndef MEMSHIM_SHIM_BASE_RESTRICTED_H_
#define MEMSHIM_SHIM_BASE_RESTRICTED_H_

#include <atomic>
#include <cstdint>

namespace memshim::base {

// Calls that restrict the process: those under way, and those that the kernel has not refused.
inline constinit std::atomic<uint32_t> g_restrictions = 0;

// relaxed: a late look does no harm.
inline bool IsRestricted() { return g_restrictions.load(std::memory_order_relaxed) != 0; }

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_RESTRICTED_H_
