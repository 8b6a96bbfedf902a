// The head of the text report: what ran and how it ended, the verdict, totals, peak, end, timeline,
// and what is known not to have been recorded.
#ifndef MEMSHIM_ANALYZER_RENDER_TEXT_HEAD_H_
#define MEMSHIM_ANALYZER_RENDER_TEXT_HEAD_H_

#include <string>
#include <vector>

#include "analyzer/metrics/findings.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/report_options.h"

namespace memshim::analyzer::render {

std::vector<std::string> HeadLines(const model::Profile& profile, const metrics::Findings& findings,
                                   const ReportOptions& options);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_TEXT_HEAD_H_
