// See report_command.h.
#include "analyzer/cli/report_command.h"

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "analyzer/cli/output_text.h"
#include "analyzer/cli/report_arguments.h"
#include "analyzer/cli/terminal.h"
#include "analyzer/finish/finish.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/format.h"
#include "analyzer/render/json_report.h"
#include "analyzer/render/text_report.h"

namespace memshim::analyzer::cli {
namespace {

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
  EndProcess(PrintOutput(arguments->as_json ? render::JsonReport(*profile, options)
                                            : render::TextReport(*profile, options)));
}

}  // namespace memshim::analyzer::cli
