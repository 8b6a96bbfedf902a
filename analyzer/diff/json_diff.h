// A comparison for programs: one JSON object with exact whole numbers; docs/diff_json.md.
#ifndef MEMSHIM_ANALYZER_DIFF_JSON_DIFF_H_
#define MEMSHIM_ANALYZER_DIFF_JSON_DIFF_H_

#include <string>

#include "analyzer/diff/compare.h"
#include "analyzer/diff/diff_options.h"

namespace memshim::analyzer::diff {

std::string JsonDiff(const Comparison& comparison, const DiffOptions& options);

}  // namespace memshim::analyzer::diff

#endif  // MEMSHIM_ANALYZER_DIFF_JSON_DIFF_H_
