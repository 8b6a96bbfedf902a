// speedscope's file format: one sampled profile for each metric, over one table of frames.
#ifndef MEMSHIM_ANALYZER_CONVERT_SPEEDSCOPE_H_
#define MEMSHIM_ANALYZER_CONVERT_SPEEDSCOPE_H_

#include "analyzer/dhat/sink_stream.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::convert {

void WriteSpeedscope(const model::Profile& profile, dhat::ByteSink* sink);

}  // namespace memshim::analyzer::convert

#endif  // MEMSHIM_ANALYZER_CONVERT_SPEEDSCOPE_H_
