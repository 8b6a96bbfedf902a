// Callgrind's profile format: the figures of each function by line, and those of its calls.
#ifndef MEMSHIM_ANALYZER_CONVERT_CALLGRIND_H_
#define MEMSHIM_ANALYZER_CONVERT_CALLGRIND_H_

#include "analyzer/dhat/sink_stream.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::convert {

// Of a stack that holds a function several times only its innermost call is kept, so that what a
// function and its callees allocated is exact for each.
void WriteCallgrind(const model::Profile& profile, dhat::ByteSink* sink);

}  // namespace memshim::analyzer::convert

#endif  // MEMSHIM_ANALYZER_CONVERT_CALLGRIND_H_
