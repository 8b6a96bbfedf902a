// From what a ledger's samples are, live bytes before some events, to what a profile's are: live
// bytes at a time that hold until the next one.
#ifndef MEMSHIM_ANALYZER_FINISH_LIVE_OVER_TIME_H_
#define MEMSHIM_ANALYZER_FINISH_LIVE_OVER_TIME_H_

#include <vector>

#include "analyzer/ledger/contents.h"

namespace memshim::analyzer::finish {

// Rising in ticks. A pause of the program, in which nothing was allocated or freed, is two samples
// with the same figures: at its beginning and at its end.
std::vector<ledger::format::TimelineSample> LiveOverTime(const ledger::Contents& contents);

}  // namespace memshim::analyzer::finish

#endif  // MEMSHIM_ANALYZER_FINISH_LIVE_OVER_TIME_H_
