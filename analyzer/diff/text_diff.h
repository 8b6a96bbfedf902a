// A comparison for a terminal: at most 100 columns and, unless more is asked for, 40 lines. A pure
// function of its arguments.
#ifndef MEMSHIM_ANALYZER_DIFF_TEXT_DIFF_H_
#define MEMSHIM_ANALYZER_DIFF_TEXT_DIFF_H_

#include <string>

#include "analyzer/diff/compare.h"
#include "analyzer/diff/diff_options.h"

namespace memshim::analyzer::diff {

std::string TextDiff(const Comparison& comparison, const DiffOptions& options);

}  // namespace memshim::analyzer::diff

#endif  // MEMSHIM_ANALYZER_DIFF_TEXT_DIFF_H_
