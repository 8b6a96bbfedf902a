// How the blocks of a site are spread over sizes and lifetimes, and what became of them, below its
// row.
#ifndef MEMSHIM_ANALYZER_RENDER_HISTOGRAM_H_
#define MEMSHIM_ANALYZER_RENDER_HISTOGRAM_H_

#include <string>
#include <vector>

#include "analyzer/model/profile.h"
#include "analyzer/render/report_options.h"

namespace memshim::analyzer::render {

// Lines of at most options.columns - 4. Without details in the profile: nothing.
std::vector<std::string> HistogramLines(const model::Profile& profile,
                                        const model::Counters& counters,
                                        const ReportOptions& options);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_HISTOGRAM_H_
