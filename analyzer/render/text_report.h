// The report for a terminal: one screen, unless more is asked for. What ran, the verdict, the
// totals, the timeline and what was not recorded come first (text_head.h), then the call sites in
// several orders, as many as there is room for.
#ifndef MEMSHIM_ANALYZER_RENDER_TEXT_REPORT_H_
#define MEMSHIM_ANALYZER_RENDER_TEXT_REPORT_H_

#include <string>

#include "analyzer/metrics/findings.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/report_options.h"

namespace memshim::analyzer::render {

std::string TextReport(const model::Profile& profile, const metrics::Findings& findings,
                       const ReportOptions& options);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_TEXT_REPORT_H_
