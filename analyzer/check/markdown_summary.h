// A check as Markdown, for a CI job's summary. A pure function of its arguments.
#ifndef MEMSHIM_ANALYZER_CHECK_MARKDOWN_SUMMARY_H_
#define MEMSHIM_ANALYZER_CHECK_MARKDOWN_SUMMARY_H_

#include <string>

#include "analyzer/check/check.h"

namespace memshim::analyzer::check {

std::string MarkdownSummary(const CheckResult& result, const std::string& file);

}  // namespace memshim::analyzer::check

#endif  // MEMSHIM_ANALYZER_CHECK_MARKDOWN_SUMMARY_H_
