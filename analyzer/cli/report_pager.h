// Long reports on a terminal go through a pager, as git's and man's texts do.
#ifndef MEMSHIM_ANALYZER_CLI_REPORT_PAGER_H_
#define MEMSHIM_ANALYZER_CLI_REPORT_PAGER_H_

#include "absl/strings/string_view.h"

namespace memshim::analyzer::cli {

// Shows the text with $PAGER, or less -FRX, and waits until it is left. Returns false where there
// is no pager (PAGER is empty or "cat", or nothing could be started): then nothing was written.
bool PageOutput(absl::string_view text);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_REPORT_PAGER_H_
