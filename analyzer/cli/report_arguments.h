// The options of the report command, as given on the command line.
#ifndef MEMSHIM_ANALYZER_CLI_REPORT_ARGUMENTS_H_
#define MEMSHIM_ANALYZER_CLI_REPORT_ARGUMENTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analyzer/metrics/call_tree.h"
#include "analyzer/metrics/findings.h"
#include "analyzer/render/report_options.h"

namespace memshim::analyzer::cli {

// Narrower screens are taken for as wide as this.
inline constexpr size_t kLeastColumns = 72;
// As wide as may be asked for.
inline constexpr size_t kMostColumns = 1000;

struct ReportArguments {
  enum class Action { kReport, kLeaks, kTree, kAnnotate, kProcesses, kHelp, kVersion };

  Action action = Action::kReport;
  std::string view;  // the option that chose what is shown: "tree"; empty: none did
  metrics::Query query;
  metrics::TreeOrder tree_order = metrics::TreeOrder::kDown;
  std::string source;                   // of kAnnotate
  std::optional<size_t> width;          // else the screen's
  bool is_grouping_chosen = false;      // --by was given
  bool is_min_share_chosen = false;     // --min-pct was given
  bool is_lifetime_in_seconds = false;  // the range of lifetimes is in microseconds
  render::ReportOptions options;        // without what depends on the terminal
  bool as_json = false;
  bool allow_color = true;
  bool allow_pager = true;
  std::string html;    // where to write the page instead of a report; empty: nowhere
  std::string before;  // with html: an earlier profile to compare with; empty: none
};

// Options may stand before and after FILE, as "--top=5" or "--top 5", and be shortened as long as
// they stay unique. The status is one line for the user.
absl::StatusOr<ReportArguments> ParseReportArguments(const std::vector<std::string>& args);

// Fits a screen of 80 columns and 24 lines.
extern const char kReportHelp[];

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_REPORT_ARGUMENTS_H_
