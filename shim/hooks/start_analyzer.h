// Turns the ledger into the profile at the end of the first process, by running memshim-report.
// Context: exit. Locks: none. Allocates: a stack from mmap. Signals: all blocked meanwhile.
#ifndef MEMSHIM_SHIM_HOOKS_START_ANALYZER_H_
#define MEMSHIM_SHIM_HOOKS_START_ANALYZER_H_

#include "shim/hooks/process.h"

namespace memshim::hooks {

enum class FinishResult : uint8_t {
  kDone,
  kFailed,        // it ended without success; what it had to say it has said
  kStillWorking,  // after g_config.wait_seconds
  kNotStarted,
  kLeft,  // this platform starts nothing: the ledger waits for memshim-report
};

// Before FinishProfile, as soon as it is clear that it will be called: what the process was ends
// here, as it would without the wait. Its streams are flushed if it ends by exit, other threads are
// parked (other_threads.h).
void PrepareFinish(ledger::End end);

// Runs "memshim-report --finish LEDGER" and waits for it, at most g_config.wait_seconds; signals
// that come meanwhile are forgotten. The ledger is passed by name, or through a pipe when it has no
// file; a file that was not finished is still there. `is_announced`: the analyzer may print the
// totals to descriptor 2.
FinishResult FinishProfile(Process* process, bool is_announced);

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_START_ANALYZER_H_
