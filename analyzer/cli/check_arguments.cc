// See check_arguments.h.
#include "analyzer/cli/check_arguments.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "analyzer/cli/options.h"
#include "analyzer/metrics/amount.h"

namespace memshim::analyzer::cli {
namespace {

constexpr absl::string_view kUsage =
    R"(Usage: memshim check [OPTION]... FILE
  or:  memshim check [OPTION]... -- COMMAND [ARGUMENT]...
Holds a profile against budgets, for CI. FILE is a profile of memshim, of
valgrind --tool=dhat or of dhat-rs; COMMAND is recorded first, as memshim run
does it.

)";
constexpr absl::string_view kTail = R"(
64M is 64,000,000 bytes, 64Mi is 67,108,864. Exit status: 0 all kept, 1 a budget
is exceeded, 2 wrong usage, 3 a file cannot be read or does not tell a figure, 4
an output cannot be written; COMMAND's where that fails.
)";

absl::Status TakeTolerance(absl::string_view text, std::optional<double>* out) {
  *out = metrics::ParsePercent(text);
  return out->has_value() ? absl::OkStatus() : BadValue("tolerance", "a share such as 2%", text);
}

std::vector<Option> BudgetOptions(CheckArguments* result) {
  std::vector<Option> options;
  for (const check::BudgetSpec& spec : check::BudgetSpecs()) {
    const auto take = [result, &spec](absl::string_view text) {
      const absl::StatusOr<uint64_t> limit = check::ParseLimit(spec, text);
      if (!limit.ok()) return BadValue(spec.name, limit.status().message(), text);
      result->limits.emplace_back(spec.kind, *limit);
      return absl::OkStatus();
    };
    options.push_back(
        {std::string(spec.name), std::string(spec.value), std::string(spec.help), take});
  }
  return options;
}

std::vector<Option> OptionTable(CheckArguments* result) {
  std::vector<Option> options = BudgetOptions(result);
  const std::vector<Option> others = {
      {"baseline", "FILE",
       "an earlier profile; peak, total and leaked bytes and\n"
       "blocks must not exceed its by more than a tolerance",
       SetText(&result->baseline)},
      {"tolerance", "P%", "which is 2% unless given",
       [result](absl::string_view value) { return TakeTolerance(value, &result->tolerance); }},
      {"budgets", "FILE", "budgets from a TOML file, also of single sites",
       SetText(&result->budget_file)},
      {"suppressions", "FILE", "accepted leaks, as lines leak:PATTERN",
       [result](absl::string_view value) {
         result->suppression_files.emplace_back(value);
         return absl::OkStatus();
       }},
      {"unused-suppressions", "", "say which of them matched nothing",
       Set(&result->shows_unused_suppressions, true)},
      {"markdown", "FILE", "add a summary to FILE", SetText(&result->markdown_file)},
      {"junit", "FILE", "write FILE for a CI's list of tests", SetText(&result->junit_file)},
      {"full-names", "", "functions with parameters and template arguments",
       Set(&result->full_names, true)},
      {"output", "PATH", "COMMAND's profile (dhat-heap.json)",
       [result](absl::string_view value) {
         if (value.empty()) return BadValue("output", "a path", value);
         result->run.options = {{"output", std::string(value)}};
         return absl::OkStatus();
       }},
      {"merge", "", "check the sum of all processes of COMMAND", Set(&result->run.is_merged, true)},
      {"help", "", "", Set(&result->is_help, true), true},
  };
  options.insert(options.end(), others.begin(), others.end());
  return options;
}

}  // namespace

std::string CheckHelp() {
  CheckArguments unused;
  return absl::StrCat(kUsage, OptionHelp(OptionTable(&unused)), kTail);
}

absl::StatusOr<CheckArguments> ParseCheckArguments(const std::vector<std::string>& args) {
  CheckArguments result;
  result.run.is_quiet = true;
  const auto end_of_options = std::find(args.begin(), args.end(), "--");
  const absl::StatusOr<std::vector<std::string>> files =
      ParseOptions({args.begin(), end_of_options}, OptionTable(&result), "memshim check");
  if (!files.ok()) return files.status();
  if (result.is_help) return result;
  if (end_of_options != args.end()) result.run.command.assign(end_of_options + 1, args.end());
  const bool has_command = !result.run.command.empty();
  if (files->size() + (has_command ? 1 : 0) != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected one FILE, or -- and a COMMAND, found ", files->size(), " files",
                     has_command ? " and a command" : "", "; see memshim check --help"));
  }
  if (!has_command && (result.run.is_merged || !result.run.options.empty())) {
    return absl::InvalidArgumentError(absl::StrCat("expected -- and a COMMAND with ",
                                                   result.run.is_merged ? "--merge" : "--output",
                                                   ", found a FILE; see memshim check --help"));
  }
  if (!has_command) result.file = files->front();
  if (result.limits.empty() && result.baseline.empty() && result.budget_file.empty()) {
    return absl::InvalidArgumentError(
        "expected a budget, such as --max-peak=64M, --baseline=FILE or --budgets=FILE; see "
        "memshim check --help");
  }
  return result;
}

}  // namespace memshim::analyzer::cli
