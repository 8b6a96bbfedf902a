// Writes the HTML page to a file: for memshim-report --html and for the comparison of two profiles.
#ifndef MEMSHIM_ANALYZER_CLI_HTML_OUTPUT_H_
#define MEMSHIM_ANALYZER_CLI_HTML_OUTPUT_H_

#include <string>

#include "absl/types/span.h"
#include "analyzer/page/page.h"

namespace memshim::analyzer::cli {

// One profile, or two: the earlier one first. "-" is the standard output. Returns the exit status;
// whatever went wrong has been said.
int WriteHtml(absl::Span<const page::PageProfile> profiles, const std::string& path);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_HTML_OUTPUT_H_
