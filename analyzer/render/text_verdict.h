// The verdict in plain words: one sentence for each thing that a person wants to know first.
#ifndef MEMSHIM_ANALYZER_RENDER_TEXT_VERDICT_H_
#define MEMSHIM_ANALYZER_RENDER_TEXT_VERDICT_H_

#include <string>
#include <vector>

#include "analyzer/metrics/findings.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/report_options.h"

namespace memshim::analyzer::render {

// Whole sentences, to be set as one paragraph. Empty for a profile without lifetimes.
std::vector<std::string> VerdictSentences(const model::Profile& profile,
                                          const metrics::Findings& findings,
                                          const ReportOptions& options);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_TEXT_VERDICT_H_
