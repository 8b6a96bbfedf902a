// The options of the check command, as given on the command line.
#ifndef MEMSHIM_ANALYZER_CLI_CHECK_ARGUMENTS_H_
#define MEMSHIM_ANALYZER_CLI_CHECK_ARGUMENTS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "analyzer/check/budget.h"
#include "analyzer/run/run.h"

namespace memshim::analyzer::cli {

struct CheckArguments {
  bool is_help = false;
  std::string file;
  run::RunOptions run;  // its command is empty where a file is given
  // The command line's; what a file of budgets has comes behind.
  std::vector<std::pair<check::BudgetKind, uint64_t>> limits;
  std::string budget_file, baseline;
  std::optional<double> tolerance;
  std::vector<std::string> suppression_files;
  bool shows_unused_suppressions = false;
  std::string markdown_file, junit_file;
  bool full_names = false;
};

// The status is one line for the user.
absl::StatusOr<CheckArguments> ParseCheckArguments(const std::vector<std::string>& args);

std::string CheckHelp();

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_CHECK_ARGUMENTS_H_
