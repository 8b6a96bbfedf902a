// See run_arguments.h.
#include "analyzer/cli/run_arguments.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::cli {

const char kRunHelp[] =
    R"(Usage: memshim run [OPTION]... [--] COMMAND [ARGUMENT]...
Records COMMAND and every process that it starts, and says at the end what each
of them allocated. Signals go to COMMAND; Ctrl+C ends it and gives the report.

  --output=PATH     the profile (dhat-heap.json); others lie in PATH.d/
  --only=NAMES      record only programs of these names, with commas between
  --follow=off      record COMMAND alone
  --duration=S      record for S seconds; then give the report, and let COMMAND go on
  --merge           make PATH the sum of all profiles; COMMAND's moves to PATH.d/
  --quiet           no table at the end
  --help

Other keys of MEMSHIM_OPTIONS: docs/options.md. Exit status: COMMAND's, 128+N
after signal N, 125 memshim failed, 126 COMMAND cannot be run, 127 not found.
)";

namespace {

absl::Status WrongUsage(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(what, "; see memshim run --help"));
}

// --KEY=VALUE, which is not the same as --KEY VALUE here: what follows may be the command.
absl::Status ApplyOption(absl::string_view word, RunArguments* result) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(word.substr(2), absl::MaxSplits('=', 1));
  const absl::string_view key = parts[0];
  const bool has_value = parts.size() > 1 && !parts[1].empty();
  run::RunOptions& options = result->options;
  for (const absl::string_view known : {"output", "only", "follow"}) {
    if (key != known) continue;
    if (!has_value) return WrongUsage(absl::StrCat("expected --", key, "=VALUE, found ", word));
    options.options.emplace_back(key, parts[1]);
    return absl::OkStatus();
  }
  if (key == "duration") {
    double seconds = 0;
    if (!has_value || !absl::SimpleAtod(parts[1], &seconds) || !(seconds > 0)) {
      return WrongUsage(absl::StrCat("expected --duration=SECONDS, found ", word));
    }
    options.duration = absl::Seconds(seconds);
  } else if (word == "--quiet") {
    options.is_quiet = true;
  } else if (word == "--merge") {
    options.is_merged = true;
  } else if (word == "--help") {
    result->is_help = true;
  } else {
    return WrongUsage(absl::StrCat("unknown option '", word, "'"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RunArguments> ParseRunArguments(const std::vector<std::string>& args) {
  RunArguments result;
  size_t i = 0;
  for (; i < args.size() && absl::StartsWith(args[i], "-"); ++i) {
    if (args[i] == "--") {
      ++i;
      break;
    }
    if (!absl::StartsWith(args[i], "--")) {
      return WrongUsage(absl::StrCat("unknown option '", args[i], "'"));
    }
    absl::Status status = ApplyOption(args[i], &result);
    if (!status.ok()) return status;
    if (result.is_help) return result;
  }
  result.options.command.assign(args.begin() + static_cast<ptrdiff_t>(i), args.end());
  if (result.options.command.empty()) return WrongUsage("expected a command to run");
  return result;
}

}  // namespace memshim::analyzer::cli
