// The options of the run command, as given on the command line.
#ifndef MEMSHIM_ANALYZER_CLI_RUN_ARGUMENTS_H_
#define MEMSHIM_ANALYZER_CLI_RUN_ARGUMENTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analyzer/run/run.h"

namespace memshim::analyzer::cli {

struct RunArguments {
  bool is_help = false;
  run::RunOptions options;
};

// Options end at the first word that is none, or at "--". The status is one line for the user.
absl::StatusOr<RunArguments> ParseRunArguments(const std::vector<std::string>& args);

extern const char kRunHelp[];

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_RUN_ARGUMENTS_H_
