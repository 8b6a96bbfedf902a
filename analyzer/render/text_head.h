// The head of the text report: what ran and how it ended, totals, peak, end, timeline, and what
// is known not to have been recorded.
#ifndef MEMSHIM_ANALYZER_RENDER_TEXT_HEAD_H_
#define MEMSHIM_ANALYZER_RENDER_TEXT_HEAD_H_

#include <string>
#include <vector>

#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/report_options.h"

namespace memshim::analyzer::render {

std::vector<std::string> HeadLines(const model::Profile& profile, const metrics::Totals& totals,
                                   const ReportOptions& options);

// Whether sizes are bytes, and not the units of an ad-hoc profile.
bool CountsBytes(const model::Profile& profile);

// A size in bytes or in units of the profile, for a column.
std::string FormatSize(const model::Profile& profile, double size);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_TEXT_HEAD_H_
