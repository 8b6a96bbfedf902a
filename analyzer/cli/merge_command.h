// `memshim merge OUT FILE...`
#ifndef MEMSHIM_ANALYZER_CLI_MERGE_COMMAND_H_
#define MEMSHIM_ANALYZER_CLI_MERGE_COMMAND_H_

#include <string>
#include <vector>

namespace memshim::analyzer::cli {

// Writes the sum of the profiles into OUT. Returns the exit status.
int RunMerge(const std::vector<std::string>& args);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_MERGE_COMMAND_H_
