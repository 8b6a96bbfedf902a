// See diff_command.h.
#include "analyzer/cli/diff_command.h"

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "analyzer/cli/html_output.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/output_text.h"
#include "analyzer/cli/report_screen.h"
#include "analyzer/cli/sink_to.h"
#include "analyzer/diff/compare.h"
#include "analyzer/diff/json_diff.h"
#include "analyzer/diff/markdown_diff.h"
#include "analyzer/diff/text_diff.h"
#include "analyzer/finish/finish.h"
#include "analyzer/metrics/amount.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/render/rank_names.h"

namespace memshim::analyzer::cli {
namespace {

constexpr absl::string_view kUsage =
    R"(Usage: memshim diff [OPTION]... OLD NEW
Says what changed from one profile to another: totals, then call sites that
grew, appeared, shrank, are gone. Sites are the same when function, file and
module are; lines and addresses do not count. OLD and NEW are files of memshim,
of valgrind --tool=dhat or of dhat-rs.

)";
constexpr absl::string_view kTail = R"(
"of all" is the change in percent of OLD's total. Exit status: 0 done, 2 wrong
usage, 3 a file cannot be read, 4 the output cannot be written.
)";

struct DiffArguments {
  bool is_help = false;
  bool as_json = false;
  bool as_markdown = false;
  bool allow_color = true;
  std::string html;  // where to write a page instead; empty: nowhere
  metrics::RankBy by = metrics::RankBy::kTotalBytes;
  diff::Threshold threshold;
  diff::DiffOptions options;
};

absl::Status ParseThreshold(absl::string_view text, diff::Threshold* threshold) {
  if (const std::optional<double> share = metrics::ParsePercent(text)) {
    *threshold = {*share, 0};
  } else if (const std::optional<uint64_t> amount = metrics::ParseAmount(text)) {
    *threshold = {0, *amount};
  } else {
    return BadValue("threshold", "a share such as 1% or an amount such as 64K", text);
  }
  return absl::OkStatus();
}

std::vector<Option> DiffOptionTable(DiffArguments* result) {
  return {
      {"sort", "KEY",
       "total-bytes unless given, or one of: total-bytes\n"
       "total-blocks peak peak-blocks end end-blocks\n"
       "short-lived temporary resizes slack",
       [result](absl::string_view value) {
         const std::optional<metrics::RankBy> by = render::RankByName(value);
         if (!by.has_value()) {
           return BadValue("sort", render::RankNamesText(), value);
         }
         result->by = *by;
         return absl::OkStatus();
       }},
      {"threshold", "T",
       "leave out changes below T, a share of the total (1%)\n"
       "or an amount (64K); 0 shows all",
       [result](absl::string_view value) { return ParseThreshold(value, &result->threshold); }},
      {"top", "N", "at most N rows in a section",
       SetNumber("top", 1, [result](uint64_t rows) { result->options.top = rows; })},
      {"full-names", "", "functions with parameters and template arguments",
       Set(&result->options.full_names, true)},
      {"markdown", "", "for a merge request or a job's summary", Set(&result->as_markdown, true)},
      {"json", "", "everything, for programs, with exact numbers", Set(&result->as_json, true)},
      {"html", "OUT", "a page for the browser: flame graph, timelines, sites",
       [result](absl::string_view value) {
         result->html = std::string(value);
         return value.empty() ? BadValue("html", "a file", value) : absl::OkStatus();
       }},
      {"no-color", "", "plain text on a terminal too", Set(&result->allow_color, false)},
      {"help", "", "", Set(&result->is_help, true), true},
  };
}

std::string Render(const diff::Comparison& comparison, const DiffArguments& arguments) {
  if (arguments.as_json) return diff::JsonDiff(comparison, arguments.options);
  if (arguments.as_markdown) return diff::MarkdownDiff(comparison, arguments.options);
  return diff::TextDiff(comparison, arguments.options);
}

int WritePage(const std::vector<model::Profile>& profiles, const DiffArguments& arguments) {
  const absl::Status status = diff::CheckComparable(profiles[0], profiles[1], arguments.by);
  if (!status.ok()) {
    PrintNote(status.message());
    return kUnreadableInput;
  }
  const absl::Status kept = CheckIsNoInput(
      "html", arguments.html, {arguments.options.old_file, arguments.options.new_file});
  if (!kept.ok()) {
    PrintNote(kept.message());
    return kWrongUsage;
  }
  const auto shown = [](const std::string& file, const model::Profile& profile) {
    return page::PageProfile{std::string(metrics::BaseName(file)), &profile};
  };
  return WriteHtml({shown(arguments.options.old_file, profiles[0]),
                    shown(arguments.options.new_file, profiles[1])},
                   arguments.html);
}

}  // namespace

int RunDiff(const std::vector<std::string>& args) {
  DiffArguments arguments;
  const std::vector<Option> table = DiffOptionTable(&arguments);
  const absl::StatusOr<std::vector<std::string>> files = ParseOptions(args, table, "memshim diff");
  if (!files.ok()) {
    PrintNote(files.status().message());
    return kWrongUsage;
  }
  if (arguments.is_help) return PrintOutput(absl::StrCat(kUsage, OptionHelp(table), kTail));
  if (arguments.as_json + arguments.as_markdown + !arguments.html.empty() > 1) {
    PrintNote("expected one of --json, --markdown and --html, found more; see memshim diff --help");
    return kWrongUsage;
  }
  if (files->size() != 2) {
    PrintNote(absl::StrCat("expected two files, OLD and NEW, found ", files->size(),
                           "; see memshim diff --help"));
    return kWrongUsage;
  }
  diff::DiffOptions& options = arguments.options;
  options.old_file = (*files)[0];
  options.new_file = (*files)[1];
  const Screen screen = FindScreen();
  options.use_color = arguments.allow_color && screen.takes_color;
  options.unicode = screen.takes_utf8;
  options.columns = screen.columns;
  std::vector<model::Profile> profiles;
  for (const std::string& file : *files) {
    absl::StatusOr<model::Profile> profile = finish::LoadProfile(file);
    if (!profile.ok()) {
      PrintNote(profile.status().message());
      return kUnreadableInput;
    }
    profiles.push_back(*std::move(profile));
  }
  if (!arguments.html.empty()) EndProcess(WritePage(profiles, arguments));
  const absl::StatusOr<diff::Comparison> comparison =
      diff::Compare(profiles[0], profiles[1], arguments.by, arguments.threshold);
  if (!comparison.ok()) {
    PrintNote(comparison.status().message());
    return kUnreadableInput;
  }
  EndProcess(PrintOutput(Render(*comparison, arguments)));
}

}  // namespace memshim::analyzer::cli
