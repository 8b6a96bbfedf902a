// See report_command.h.
#include "analyzer/cli/report_command.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "analyzer/cli/html_output.h"
#include "analyzer/cli/output_text.h"
#include "analyzer/cli/report_arguments.h"
#include "analyzer/cli/report_pager.h"
#include "analyzer/cli/report_progress.h"
#include "analyzer/cli/report_screen.h"
#include "analyzer/cli/report_source.h"
#include "analyzer/cli/selection_options.h"
#include "analyzer/cli/sink_to.h"
#include "analyzer/diff/compare.h"
#include "analyzer/finish/finish.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/format.h"
#include "analyzer/render/json_report.h"
#include "analyzer/render/text_report.h"
#include "analyzer/render/text_verdict.h"
#include "analyzer/render/text_views.h"
#include "analyzer/run/process_table.h"
#include "analyzer/run/process_tree.h"

namespace memshim::analyzer::cli {
namespace {

using Action = ReportArguments::Action;
using metrics::RankBy;

// Says which other processes were recorded with this one.
void NoteDescendants(const std::string& path, model::Profile* profile) {
  if (!profile->is_ours || profile->merged_profiles > 0) return;
  const std::vector<finish::Descendant> others = finish::FindDescendants(path, *profile);
  if (others.empty()) return;
  const finish::Descendant& largest = others.front();
  profile->notes.push_back(absl::StrCat(
      others.size(), others.size() == 1 ? " other process was" : " other processes were",
      " recorded (--by=process); the largest: ", metrics::BaseName(largest.command), ", ",
      render::FormatBytes(static_cast<double>(largest.total_bytes)), " in all: memshim-report ",
      largest.path));
}

absl::Status NotTold(const ReportArguments& arguments, absl::string_view what) {
  return absl::NotFoundError(absl::StrCat(arguments.options.file, ": ", what));
}

// A view without lifetimes has totals alone.
RankBy RankOfView(const ReportArguments& arguments, const model::Profile& profile) {
  const RankBy usual = profile.has_lifetimes && arguments.action == Action::kTree
                           ? RankBy::kPeakBytes
                           : RankBy::kTotalBytes;
  return arguments.options.sort.value_or(usual);
}

std::string Tree(const ReportArguments& arguments, const metrics::Findings& findings,
                 const model::Profile& profile) {
  metrics::TreeQuery query;
  query.order = arguments.tree_order;
  query.rank = RankOfView(arguments, profile);
  if (arguments.is_grouping_chosen) query.by = arguments.query.by;
  if (arguments.is_min_share_chosen) query.min_share = arguments.query.min_share;
  query.whole = metrics::RankWhole(findings.totals.all, query.rank);
  return render::TreeText(profile, metrics::BuildCallTree(profile, query), query,
                          arguments.options);
}

absl::StatusOr<std::string> Annotation(const ReportArguments& arguments,
                                       const model::Profile& profile) {
  const RankBy by = RankOfView(arguments, profile);
  std::vector<render::AnnotatedFile> files;
  for (metrics::SourceFile& file : metrics::FindSourceLines(profile, arguments.source, by)) {
    files.push_back(ReadSource(std::move(file), arguments.source));
  }
  if (files.empty()) {
    return NotTold(arguments,
                   absl::StrCat("no stack has a line of ", arguments.source,
                                "; --by=file shows the files that have some, where the program "
                                "has debug information"));
  }
  return render::AnnotationText(profile, files, by, arguments.options);
}

absl::StatusOr<std::string> Processes(const ReportArguments& arguments,
                                      const model::Profile& profile) {
  if (!profile.is_ours) return NotTold(arguments, "files of others hold one process");
  if (profile.merged_profiles > 0) {
    return NotTold(arguments, "a merged profile does not tell its processes apart");
  }
  const run::ProcessTree tree = run::FinishTree(arguments.options.file, profile.start_unix_ms,
                                                static_cast<int>(profile.pid), "");
  return absl::StrCat(absl::StrJoin(run::ProcessTable(tree), "\n"), "\n");
}

// The profile stays with the caller, who ends the process without giving it back.
absl::StatusOr<std::string> Render(const ReportArguments& arguments, model::Profile* loaded) {
  model::Profile& profile = *loaded;
  const absl::Status told = CheckIsTold(arguments.query.selection, arguments.is_lifetime_in_seconds,
                                        arguments.options.file, profile);
  if (!told.ok()) return told;
  if (arguments.action == Action::kProcesses) return Processes(arguments, profile);
  const metrics::Findings findings = metrics::Examine(arguments.query, loaded);
  if (arguments.as_json) return render::JsonReport(profile, findings, arguments.options);
  switch (arguments.action) {
    case Action::kTree:
      return Tree(arguments, findings, profile);
    case Action::kAnnotate:
      return Annotation(arguments, profile);
    case Action::kLeaks:
      return render::LeaksText(profile, findings, arguments.options);
    default:
      return render::TextReport(profile, findings, arguments.options);
  }
}

void FitScreen(const Screen& screen, ReportArguments* arguments) {
  render::ReportOptions& options = arguments->options;
  options.use_color = arguments->allow_color && screen.takes_color;
  options.unicode = screen.takes_utf8;
  options.columns = arguments->width.value_or(screen.columns);
  options.lines = screen.lines;
}

int Print(const std::string& text, const Screen& screen, const ReportArguments& arguments) {
  const auto lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  const bool is_paged = screen.is_terminal && arguments.allow_pager && lines > screen.lines;
  if (is_paged && PageOutput(text)) return kDone;
  return PrintOutput(text);
}

// The page knows nothing of the whole that a selection is a part of.
metrics::Findings ExamineForPage(const metrics::Query& query, model::Profile* profile) {
  const size_t all = profile->points.size();
  metrics::Findings findings = metrics::Examine(query, profile);
  if (findings.is_selection) metrics::LeaveOutTheWhole(query.selection, all, profile);
  return findings;
}

// As a page of the profile, or of what changed since an earlier one.
int ReportAsPage(const ReportArguments& arguments, model::Profile* profile) {
  const absl::Status kept =
      CheckIsNoInput("html", arguments.html, {arguments.options.file, arguments.before});
  if (!kept.ok()) {
    PrintError(kept.message());
    return kWrongUsage;
  }
  absl::Status told = CheckIsTold(arguments.query.selection, arguments.is_lifetime_in_seconds,
                                  arguments.options.file, *profile);
  if (!told.ok()) {
    PrintError(told.message());
    return kUnreadableInput;
  }
  const metrics::Findings findings = ExamineForPage(arguments.query, profile);
  std::vector<page::PageProfile> shown = {
      {std::string(metrics::BaseName(arguments.options.file)), profile,
       render::VerdictSentences(*profile, findings, arguments.options)}};
  if (arguments.before.empty()) return WriteHtml(shown, arguments.html);
  absl::StatusOr<model::Profile> before = finish::LoadProfile(arguments.before);
  if (!before.ok()) {
    PrintError(before.status().message());
    return kUnreadableInput;
  }
  // What a file lacks the page leaves out; what means something else it cannot show.
  const absl::Status status = diff::CheckComparable(*before, *profile, RankBy::kTotalBytes);
  if (!status.ok()) {
    PrintError(status.message());
    return kUnreadableInput;
  }
  ExamineForPage(arguments.query, &*before);
  shown[0].verdict.clear();  // it is of one profile
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
  if (arguments->action == Action::kHelp) return PrintOutput(kReportHelp);
  if (arguments->action == Action::kVersion) {
    return PrintOutput("memshim-report " MEMSHIM_VERSION "\n");
  }
  const Screen screen = FindScreen();
  FitScreen(screen, &*arguments);
  const std::string& file = arguments->options.file;
  auto progress = std::make_unique<Progress>(absl::StrCat("reading ", file));
  absl::StatusOr<model::Profile> profile = finish::LoadProfile(file);
  if (profile.ok() && !absl::EndsWith(file, ".ledger") && arguments->action != Action::kProcesses) {
    NoteDescendants(file, &*profile);
  }
  if (profile.ok() && !arguments->html.empty()) {
    progress.reset();
    EndProcess(ReportAsPage(*arguments, &*profile));
  }
  const absl::StatusOr<std::string> text =
      profile.ok() ? Render(*arguments, &*profile) : profile.status();
  progress.reset();
  if (!text.ok()) {
    PrintError(text.status().message());
    return kUnreadableInput;
  }
  EndProcess(Print(*text, screen, *arguments));
}

}  // namespace memshim::analyzer::cli
