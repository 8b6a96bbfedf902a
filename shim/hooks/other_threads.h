// Ends what the other threads do, where the process waits for the analyzer in its last moment:
// bare, they would run for some microseconds more, in which a thread that has outlived main hardly
// ever meets what destructors have left; and no signal would find the process any more.
//
// Context: exit, all signals of this thread blocked. Locks: none. Allocates: no.
#ifndef MEMSHIM_SHIM_HOOKS_OTHER_THREADS_H_
#define MEMSHIM_SHIM_HOOKS_OTHER_THREADS_H_

namespace memshim::hooks {

// Parks them for good, in a signal handler. They may hold any lock, and one that could not be
// parked at once is later: if any was sent the signal, which is what it says, this thread may only
// end the process after that, without the C library's help.
bool ParkOtherThreads();

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_OTHER_THREADS_H_
