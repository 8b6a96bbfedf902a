// How much of a process is in memory, asked from outside while it waits: the kernel forgets it with
// the process, and no sandbox of the program is in the way.
#ifndef MEMSHIM_ANALYZER_FINISH_RESIDENT_H_
#define MEMSHIM_ANALYZER_FINISH_RESIDENT_H_

#include "analyzer/model/profile.h"

namespace memshim::analyzer::finish {

// Sets the peak of the resident set and memshim's own part of the present one. What cannot be asked
// stays unknown: another user's, that of a process that is not dumpable. Requires: `pid` is
// there.
void ReadResident(int pid, model::Profile* profile);

}  // namespace memshim::analyzer::finish

#endif  // MEMSHIM_ANALYZER_FINISH_RESIDENT_H_
