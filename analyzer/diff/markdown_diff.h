// A comparison as Markdown, for a merge request's comment or a CI job's summary. A pure function of
// its arguments.
#ifndef MEMSHIM_ANALYZER_DIFF_MARKDOWN_DIFF_H_
#define MEMSHIM_ANALYZER_DIFF_MARKDOWN_DIFF_H_

#include <string>

#include "analyzer/diff/compare.h"
#include "analyzer/diff/diff_options.h"

namespace memshim::analyzer::diff {

std::string MarkdownDiff(const Comparison& comparison, const DiffOptions& options);

}  // namespace memshim::analyzer::diff

#endif  // MEMSHIM_ANALYZER_DIFF_MARKDOWN_DIFF_H_
