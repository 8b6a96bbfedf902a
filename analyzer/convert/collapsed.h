// Collapsed stacks, what flamegraph.pl and its many successors read: "main;f;g 120" for each stack.
#ifndef MEMSHIM_ANALYZER_CONVERT_COLLAPSED_H_
#define MEMSHIM_ANALYZER_CONVERT_COLLAPSED_H_

#include "analyzer/convert/metric.h"
#include "analyzer/dhat/sink_stream.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::convert {

// Outermost frames first. Stacks of equal names are one line; those without any of the metric have
// none. A semicolon in a name becomes a comma.
void WriteCollapsed(const model::Profile& profile, const Metric& metric, dhat::ByteSink* sink);

}  // namespace memshim::analyzer::convert

#endif  // MEMSHIM_ANALYZER_CONVERT_COLLAPSED_H_
