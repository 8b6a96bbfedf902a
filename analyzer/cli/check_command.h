// `memshim check FILE` and `memshim check -- COMMAND`
#ifndef MEMSHIM_ANALYZER_CLI_CHECK_COMMAND_H_
#define MEMSHIM_ANALYZER_CLI_CHECK_COMMAND_H_

#include <string>
#include <vector>

namespace memshim::analyzer::cli {

// Holds a profile against budgets. Ends the process, or returns the exit status.
int RunCheck(const std::vector<std::string>& args);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_CHECK_COMMAND_H_
