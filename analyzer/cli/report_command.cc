// See report_command.h.
#include "analyzer/cli/report_command.h"

#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analyzer/cli/output_text.h"
#include "analyzer/cli/report_arguments.h"
#include "analyzer/dhat/reader.h"
#include "analyzer/finish/finish.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/json_report.h"
#include "analyzer/render/text_report.h"

namespace memshim::analyzer::cli {
namespace {

absl::string_view Environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

// https://no-color.org: any value that is not empty.
bool TerminalTakesColor() {
  return isatty(STDOUT_FILENO) == 1 && Environment("NO_COLOR").empty() &&
         Environment("TERM") != "dumb";
}

// Containers often set no locale at all, and their terminals take UTF-8; so only a locale that
// says otherwise counts.
bool LocaleTakesUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string locale = absl::AsciiStrToLower(Environment(name));
    if (locale.empty()) continue;
    return absl::StrContains(locale, "utf-8") || absl::StrContains(locale, "utf8");
  }
  return true;
}

// What a recorded process has left for `path` counts before what `path` already holds.
absl::StatusOr<model::Profile> LoadProfile(const std::string& path) {
  if (absl::EndsWith(path, ".ledger")) return finish::ReadSnapshot(path);
  absl::StatusOr<std::optional<model::Profile>> finished = finish::FinishFor(path);
  if (!finished.ok()) return finished.status();
  if (finished->has_value()) return **std::move(finished);
  return dhat::ReadProfile(path);
}

}  // namespace

int RunReport(const std::vector<std::string>& args) {
  absl::StatusOr<ReportArguments> arguments = ParseReportArguments(args);
  if (!arguments.ok()) {
    PrintError(arguments.status().message());
    return kWrongUsage;
  }
  if (arguments->action == ReportArguments::Action::kHelp) return PrintOutput(kReportHelp);
  if (arguments->action == ReportArguments::Action::kVersion) {
    return PrintOutput("memshim-report " MEMSHIM_VERSION "\n");
  }
  render::ReportOptions& options = arguments->options;
  options.use_color = arguments->allow_color && TerminalTakesColor();
  options.unicode = LocaleTakesUtf8();
  const absl::StatusOr<model::Profile> profile = LoadProfile(options.file);
  if (!profile.ok()) {
    PrintError(profile.status().message());
    return kUnreadableInput;
  }
  return PrintOutput(arguments->as_json ? render::JsonReport(*profile, options)
                                        : render::TextReport(*profile, options));
}

}  // namespace memshim::analyzer::cli
