// Only where the kernel does not wipe memory in forked children.
#ifndef MEMSHIM_SHIM_BASE_WIPE_IN_CHILD_H_
#define MEMSHIM_SHIM_BASE_WIPE_IN_CHILD_H_

namespace memshim::base {

// All private memory becomes zeros. False: it has been left as it is, as KeepPrivateOnFork was
// asked for or not all of it is known. Context: fork-child. Requires: one thread.
bool WipePrivateInChild();

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_WIPE_IN_CHILD_H_
