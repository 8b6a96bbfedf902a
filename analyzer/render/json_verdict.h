// The verdict and the leaks in the JSON report; docs/report_json.md says what each key means.
#ifndef MEMSHIM_ANALYZER_RENDER_JSON_VERDICT_H_
#define MEMSHIM_ANALYZER_RENDER_JSON_VERDICT_H_

#include <rapidjson/stringbuffer.h>

#include <cstddef>
#include <vector>

#include "analyzer/dhat/json_writer.h"
#include "analyzer/metrics/findings.h"

namespace memshim::analyzer::render {

using ReportJson = dhat::JsonWriter<rapidjson::StringBuffer>;

// Members of the object at hand. `positions`: where each group stands in the list of sites.
void WriteVerdict(const metrics::Findings& findings, const std::vector<size_t>& positions,
                  ReportJson* json);
void WriteLeaks(const metrics::Findings& findings, const std::vector<size_t>& positions,
                ReportJson* json);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_JSON_VERDICT_H_
