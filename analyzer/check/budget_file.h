// Budgets in a TOML file that is kept in a repository:
//   max-peak = "64M"                  # any name of BudgetSpecs(), for the whole run
//   max-leaked = 0
//   baseline = "base.json"            # beside the file unless absolute
//   tolerance = "2%"
//   suppressions = ["leak:png_create"]       # lines of such files
//   suppression-files = ["leaks.supp"]       # beside the file unless absolute
//   [[site]]                          # call sites as the report has them
//   name = "ReadFrame"                # of a function, a file or a module; or regex = "^Read"
//   max-total-blocks = 1000
//   [[function]]                      # everything allocated by it and what it calls
//   regex = "^app::Load"
//   max-peak = "1M"
#ifndef MEMSHIM_ANALYZER_CHECK_BUDGET_FILE_H_
#define MEMSHIM_ANALYZER_CHECK_BUDGET_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "analyzer/check/budget.h"

namespace memshim::analyzer::check {

// The status is one line that names `path`, and the line in it.
absl::StatusOr<Budgets> ParseBudgets(absl::string_view text, const std::string& path);

absl::StatusOr<Budgets> ReadBudgets(const std::string& path);

// Adds the suppressions of a file.
absl::Status ReadSuppressions(const std::string& path, std::vector<Suppression>* suppressions);

}  // namespace memshim::analyzer::check

#endif  // MEMSHIM_ANALYZER_CHECK_BUDGET_FILE_H_
