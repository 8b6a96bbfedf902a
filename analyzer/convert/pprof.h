// pprof's profile.proto, compressed by gzip, with the four types of samples of a heap profile:
// alloc_objects, alloc_space, inuse_objects and inuse_space.
#ifndef MEMSHIM_ANALYZER_CONVERT_PPROF_H_
#define MEMSHIM_ANALYZER_CONVERT_PPROF_H_

#include "analyzer/dhat/sink_stream.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::convert {

// In use is what was live at t-end, or at t-gmax. Figures beyond an int64 stay at the largest one.
void WritePprof(const model::Profile& profile, bool live_at_peak, dhat::ByteSink* sink);

}  // namespace memshim::analyzer::convert

#endif  // MEMSHIM_ANALYZER_CONVERT_PPROF_H_
