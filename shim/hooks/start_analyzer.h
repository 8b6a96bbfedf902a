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
// here, as it would without the wait. Its streams are flushed if it ends by exit, the signals of
// this thread are blocked, other threads are parked (other_threads.h).
void PrepareFinish(ledger::End end);

// Runs "memshim-report --finish LEDGER" and waits for it, at most g_config.wait_seconds. The ledger
// is passed by name, or through a pipe when it has no file; a file that was not finished is still
// there. `is_announced`: the analyzer may print the totals to descriptor 2.
FinishResult FinishProfile(Process* process, bool is_announced);

// Behind both: the signals that have come meanwhile are forgotten, but for what the last writes
// have raised. Ends the process, with `status`, where threads are parked; else the caller goes on
// to do so.
void EndFinish(int status);

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_START_ANALYZER_H_
