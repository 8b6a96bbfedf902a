// See check_command.h.
#include "analyzer/cli/check_command.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "analyzer/check/budget_file.h"
#include "analyzer/check/check.h"
#include "analyzer/check/junit.h"
#include "analyzer/check/markdown_summary.h"
#include "analyzer/check/outcome_text.h"
#include "analyzer/check/text_file.h"
#include "analyzer/cli/check_arguments.h"
#include "analyzer/cli/output_text.h"
#include "analyzer/cli/sink_to.h"
#include "analyzer/finish/finish.h"
#include "analyzer/render/format.h"

namespace memshim::analyzer::cli {
namespace {

using check::Verdict;

constexpr int kBreached = 1;
constexpr char kDefaultOutput[] = "dhat-heap.json";

absl::StatusOr<check::Budgets> CollectBudgets(const CheckArguments& arguments) {
  check::Budgets budgets;
  if (!arguments.budget_file.empty()) {
    absl::StatusOr<check::Budgets> read = check::ReadBudgets(arguments.budget_file);
    if (!read.ok()) return read.status();
    budgets = *std::move(read);
  }
  for (const auto& [kind, limit] : arguments.limits) check::SetRunBudget(kind, limit, &budgets);
  if (!arguments.baseline.empty()) budgets.baseline = arguments.baseline;
  if (arguments.tolerance.has_value()) budgets.tolerance = arguments.tolerance;
  for (const std::string& file : arguments.suppression_files) {
    absl::Status status = check::ReadSuppressions(file, &budgets.suppressions);
    if (!status.ok()) return status;
  }
  if (budgets.budgets.empty() && !budgets.baseline.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(arguments.budget_file, ": expected a budget, such as max-peak, found none"));
  }
  return budgets;
}

// A baseline or a profile that a summary replaced would be lost.
absl::Status CheckOutputs(const CheckArguments& arguments, const check::Budgets& budgets) {
  std::vector<std::string> inputs = arguments.suppression_files;
  for (const std::string& file :
       {arguments.file, arguments.budget_file, budgets.baseline.value_or("")}) {
    inputs.push_back(file);
  }
  absl::Status status = CheckIsNoInput("markdown", arguments.markdown_file, inputs);
  if (status.ok()) status = CheckIsNoInput("junit", arguments.junit_file, inputs);
  if (status.ok() && !arguments.junit_file.empty() &&
      (arguments.junit_file == arguments.markdown_file ||
       AreSameFile(arguments.junit_file, arguments.markdown_file))) {
    return absl::InvalidArgumentError(
        absl::StrCat(arguments.junit_file, ": expected two files for --markdown and --junit"));
  }
  return status;
}

// What an earlier run has left must not stand in for a command that could not be recorded.
absl::Status CheckIsOfThisRun(const model::Profile& profile, const std::string& file,
                              absl::Time started) {
  if (profile.start_unix_ms >= static_cast<uint64_t>(absl::ToUnixMillis(started))) {
    return absl::OkStatus();
  }
  return absl::NotFoundError(
      absl::StrCat("nothing was recorded of the command; ", file, " is of an earlier run"));
}

std::string Lines(const check::CheckResult& result, bool full_names) {
  std::string lines;
  for (const check::Outcome& outcome : result.outcomes) {
    if (outcome.verdict == Verdict::kKept) continue;
    absl::StrAppend(&lines, outcome.verdict == Verdict::kBreached ? "breach: " : "unknown: ",
                    render::CleanText(check::BreachText(outcome, full_names)), "\n");
  }
  return lines.empty() ? absl::StrCat("ok: ", check::SummaryText(result), "\n") : lines;
}

void PrintSuppressions(const check::CheckResult& result, bool shows_unused) {
  uint64_t bytes = 0, blocks = 0;
  for (const check::UsedSuppression& used : result.suppressions) {
    bytes += used.bytes;
    blocks += used.blocks;
    if (shows_unused && used.blocks == 0) {
      PrintNote(absl::StrCat("unused suppression: leak:", used.pattern, " (", used.origin, ")"));
    }
  }
  if (blocks == 0) return;
  PrintNote(absl::StrCat("suppressed: ", render::FormatBytes(static_cast<double>(bytes)), " in ",
                         render::Counted(blocks, "block", "blocks"), " live at the end"));
}

absl::Status WriteFiles(const CheckArguments& arguments, const check::CheckResult& result) {
  if (!arguments.markdown_file.empty()) {
    const std::string text = check::MarkdownSummary(result, arguments.file);
    absl::Status status =
        check::WriteTextFile(arguments.markdown_file, text, check::WriteMode::kAppend);
    if (!status.ok()) return status;
  }
  if (arguments.junit_file.empty()) return absl::OkStatus();
  return check::WriteTextFile(arguments.junit_file, check::JunitXml(result, arguments.file),
                              check::WriteMode::kReplace);
}

int StatusOf(const check::CheckResult& result) {
  if (result.Count(Verdict::kBreached) > 0) return kBreached;
  return result.Count(Verdict::kUnknown) > 0 ? kUnreadableInput : kDone;
}

int Fail(const absl::Status& status, int exit_status) {
  PrintNote(status.message());
  return exit_status;
}

}  // namespace

int RunCheck(const std::vector<std::string>& args) {
  absl::StatusOr<CheckArguments> arguments = ParseCheckArguments(args);
  if (!arguments.ok()) return Fail(arguments.status(), kWrongUsage);
  if (arguments->is_help) return PrintOutput(CheckHelp());
  // Before a command runs for an hour.
  const absl::StatusOr<check::Budgets> budgets = CollectBudgets(*arguments);
  if (!budgets.ok()) return Fail(budgets.status(), kUnreadableInput);
  if (arguments->tolerance.has_value() && !budgets->baseline.has_value()) {
    PrintNote("expected a baseline with --tolerance, found none; see memshim check --help");
    return kWrongUsage;
  }
  std::optional<model::Profile> baseline;
  if (budgets->baseline.has_value()) {
    absl::StatusOr<model::Profile> read = finish::LoadProfile(*budgets->baseline);
    if (!read.ok()) return Fail(read.status(), kUnreadableInput);
    baseline = *std::move(read);
  }
  const bool has_command = !arguments->run.command.empty();
  if (has_command) {
    auto& options = arguments->run.options;
    if (options.empty()) options.emplace_back("output", kDefaultOutput);
    arguments->file = options.front().second;
  }
  if (const absl::Status kept = CheckOutputs(*arguments, *budgets); !kept.ok()) {
    return Fail(kept, kWrongUsage);
  }
  const absl::Time started = absl::Now();
  const int command_status = has_command ? run::Run(arguments->run, PrintNote) : kDone;
  const absl::StatusOr<model::Profile> profile = finish::LoadProfile(arguments->file);
  absl::Status status = profile.status();
  if (status.ok() && has_command) status = CheckIsOfThisRun(*profile, arguments->file, started);
  // Of a command that could not be run enough has been said.
  if (!status.ok() && command_status >= 125 && command_status <= 127) return command_status;
  if (!status.ok()) return Fail(status, command_status != 0 ? command_status : kUnreadableInput);
  const check::CheckResult result =
      check::Check(*profile, baseline.has_value() ? &*baseline : nullptr, *budgets);
  for (const std::string& remark : result.remarks) PrintNote(remark);
  PrintSuppressions(result, arguments->shows_unused_suppressions);
  const int printed = PrintOutput(Lines(result, arguments->full_names));
  if (status = WriteFiles(*arguments, result); !status.ok()) Fail(status, kOutputFailed);
  if (command_status != 0) EndProcess(command_status);
  if (printed != kDone || !status.ok()) EndProcess(kOutputFailed);
  EndProcess(StatusOf(result));
}

}  // namespace memshim::analyzer::cli
