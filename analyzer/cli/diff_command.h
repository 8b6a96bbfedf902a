// `memshim diff OLD NEW`
#ifndef MEMSHIM_ANALYZER_CLI_DIFF_COMMAND_H_
#define MEMSHIM_ANALYZER_CLI_DIFF_COMMAND_H_

#include <string>
#include <vector>

namespace memshim::analyzer::cli {

// Says what changed between two profiles. Ends the process, or returns the exit status.
int RunDiff(const std::vector<std::string>& args);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_DIFF_COMMAND_H_
