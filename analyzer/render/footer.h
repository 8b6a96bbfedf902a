// The last lines of a report: what to ask next.
#ifndef MEMSHIM_ANALYZER_RENDER_FOOTER_H_
#define MEMSHIM_ANALYZER_RENDER_FOOTER_H_

#include <string>
#include <vector>

#include "analyzer/metrics/findings.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/report_options.h"

namespace memshim::analyzer::render {

// Two lines. `dropped`: sections that there was no room for.
void AddFooter(const model::Profile& profile, const metrics::Findings& findings,
               const ReportOptions& options, const std::vector<metrics::RankBy>& dropped,
               std::vector<std::string>* lines);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_FOOTER_H_
