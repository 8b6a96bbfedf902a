// `memshim run [OPTION]... [--] COMMAND [ARGUMENT]...`
#ifndef MEMSHIM_ANALYZER_CLI_RUN_COMMAND_H_
#define MEMSHIM_ANALYZER_CLI_RUN_COMMAND_H_

#include <string>
#include <vector>

namespace memshim::analyzer::cli {

// Returns the exit status: the command's, or one of those of analyzer/run/child.h.
int RunRun(const std::vector<std::string>& args);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_RUN_COMMAND_H_
