// The report for a terminal: at most 100 columns and, unless more is asked for, 40 lines.
// A pure function of the profile and the options. What ran, the totals, the timeline and what was
// not recorded come first (text_head.h), then the call sites in several orders.
#ifndef MEMSHIM_ANALYZER_RENDER_TEXT_REPORT_H_
#define MEMSHIM_ANALYZER_RENDER_TEXT_REPORT_H_

#include <string>

#include "analyzer/model/profile.h"
#include "analyzer/render/report_options.h"

namespace memshim::analyzer::render {

std::string TextReport(const model::Profile& profile, const ReportOptions& options);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_TEXT_REPORT_H_
