// A comparison for a terminal: as wide as DiffOptions says and, unless more is asked for, at most
// 40 lines. A pure function of its arguments.
#ifndef MEMSHIM_ANALYZER_DIFF_TEXT_DIFF_H_
#define MEMSHIM_ANALYZER_DIFF_TEXT_DIFF_H_

#include <string>

#include "analyzer/diff/compare.h"
#include "analyzer/diff/diff_options.h"

namespace memshim::analyzer::diff {

std::string TextDiff(const Comparison& comparison, const DiffOptions& options);

}  // namespace memshim::analyzer::diff

#endif  // MEMSHIM_ANALYZER_DIFF_TEXT_DIFF_H_
