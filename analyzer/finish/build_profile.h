// Makes a profile of what a ledger holds: names the frames, cuts what lies below main, turns
// ticks into microseconds and losses into words.
#ifndef MEMSHIM_ANALYZER_FINISH_BUILD_PROFILE_H_
#define MEMSHIM_ANALYZER_FINISH_BUILD_PROFILE_H_

#include "analyzer/ledger/contents.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::finish {

// How the process of a ledger stands to it now; the ledger alone cannot tell a killed process
// from a running one.
// Stopped: it runs, but its recording is over.
enum class ProcessState { kGone, kRunning, kReplaced, kStopped };

// Points without blocks are left out. Points may have equal stacks; the writer merges them.
model::Profile BuildProfile(const ledger::Contents& contents, ProcessState state);

}  // namespace memshim::analyzer::finish

#endif  // MEMSHIM_ANALYZER_FINISH_BUILD_PROFILE_H_
