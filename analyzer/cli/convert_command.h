// `memshim convert --to=NAME IN OUT`
#ifndef MEMSHIM_ANALYZER_CLI_CONVERT_COMMAND_H_
#define MEMSHIM_ANALYZER_CLI_CONVERT_COMMAND_H_

#include <string>
#include <vector>

namespace memshim::analyzer::cli {

// Writes a profile in another format. Returns the exit status.
int RunConvert(const std::vector<std::string>& args);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_CONVERT_COMMAND_H_
