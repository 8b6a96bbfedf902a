// The report for programs: one JSON object with exact whole numbers. docs/report_json.md says what
// each key means, docs/report.schema.json which there are. It grows by new keys only; a key that
// changes its meaning or goes away raises the version.
#ifndef MEMSHIM_ANALYZER_RENDER_JSON_REPORT_H_
#define MEMSHIM_ANALYZER_RENDER_JSON_REPORT_H_

#include <string>

#include "analyzer/metrics/findings.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/report_options.h"

namespace memshim::analyzer::render {

std::string JsonReport(const model::Profile& profile, const metrics::Findings& findings,
                       const ReportOptions& options);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_JSON_REPORT_H_
