// Reads source files for --annotate.
#ifndef MEMSHIM_ANALYZER_CLI_REPORT_SOURCE_H_
#define MEMSHIM_ANALYZER_CLI_REPORT_SOURCE_H_

#include <string>
#include <vector>

#include "analyzer/render/text_views.h"

namespace memshim::analyzer::cli {

// The text of the file, looked for where the user says, where the profile says, and here. Not
// found: no path and no text.
render::AnnotatedFile ReadSource(metrics::SourceFile figures, const std::string& asked);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_REPORT_SOURCE_H_
