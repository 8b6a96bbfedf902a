// Massif's output file: live bytes over time, with the tree of callers at the peak and at the end.
#ifndef MEMSHIM_ANALYZER_CONVERT_MASSIF_H_
#define MEMSHIM_ANALYZER_CONVERT_MASSIF_H_

#include <cstddef>

#include "analyzer/dhat/sink_stream.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::convert {

// Requires: the profile has lifetimes. Of a longer timeline at most kMassifSnapshots are kept, of
// each stretch the one with most bytes.
inline constexpr size_t kMassifSnapshots = 100;
void WriteMassif(const model::Profile& profile, dhat::ByteSink* sink);

}  // namespace memshim::analyzer::convert

#endif  // MEMSHIM_ANALYZER_CONVERT_MASSIF_H_
