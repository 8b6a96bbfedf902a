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
#include "analyzer/cli/html_output.h"
#include "analyzer/cli/output_text.h"
#include "analyzer/cli/report_arguments.h"
#include "analyzer/finish/finish.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/format.h"
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

// Says which other processes were recorded with this one.
void NoteDescendants(const std::string& path, model::Profile* profile) {
  if (!profile->is_ours || profile->merged_profiles > 0) return;
  const std::vector<finish::Descendant> others = finish::FindDescendants(path, *profile);
  if (others.empty()) return;
  const finish::Descendant& largest = others.front();
  profile->notes.push_back(absl::StrCat(
      others.size(), others.size() == 1 ? " other process was" : " other processes were",
      " recorded; the largest: ", metrics::BaseName(largest.command), ", ",
      render::FormatBytes(static_cast<double>(largest.total_bytes)), " in all: memshim-report ",
      largest.path));
}

// As a page of the profile, or of what changed since an earlier one.
int ReportAsPage(const ReportArguments& arguments, const model::Profile& profile) {
  std::vector<page::PageProfile> shown = {
      {std::string(metrics::BaseName(arguments.options.file)), &profile}};
  if (arguments.before.empty()) return WriteHtml(shown, arguments.html);
  const absl::StatusOr<model::Profile> before = finish::LoadProfile(arguments.before);
  if (!before.ok()) {
    PrintError(before.status().message());
    return kUnreadableInput;
  }
  shown.insert(shown.begin(), {std::string(metrics::BaseName(arguments.before)), &*before});
  return WriteHtml(shown, arguments.html);
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
  absl::StatusOr<model::Profile> profile = finish::LoadProfile(options.file);
  if (!profile.ok()) {
    PrintError(profile.status().message());
    return kUnreadableInput;
  }
  if (!absl::EndsWith(options.file, ".ledger")) NoteDescendants(options.file, &*profile);
  if (!arguments->html.empty()) EndProcess(ReportAsPage(*arguments, *profile));
  EndProcess(PrintOutput(arguments->as_json ? render::JsonReport(*profile, options)
                                            : render::TextReport(*profile, options)));
}

}  // namespace memshim::analyzer::cli
