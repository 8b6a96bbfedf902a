// `memshim-report FILE`, which is also `memshim report FILE`.
#ifndef MEMSHIM_ANALYZER_CLI_REPORT_COMMAND_H_
#define MEMSHIM_ANALYZER_CLI_REPORT_COMMAND_H_

#include <string>
#include <vector>

namespace memshim::analyzer::cli {

// `args` without the name of the program. Prints the report and ends the process, or prints one
// line of error (or help) and returns the exit status.
int RunReport(const std::vector<std::string>& args);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_REPORT_COMMAND_H_
