// See report_arguments.h. What --help says of the options is report_help.cc: it is to fit a screen.
#include "analyzer/cli/report_arguments.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/selection_options.h"
#include "analyzer/render/rank_names.h"

namespace memshim::analyzer::cli {

namespace {

using Action = ReportArguments::Action;

// Of the names that --sort takes, those that are options, too: pprof's, which users of other heap
// profilers know.
constexpr const char* kSortOptions[] = {"alloc_space", "alloc_objects", "inuse_space",
                                        "inuse_objects"};

absl::Status TakeSortKey(absl::string_view text, ReportArguments* result) {
  result->options.sort = render::RankByName(text);
  return result->options.sort.has_value() ? absl::OkStatus()
                                          : BadValue("sort", render::RankNamesText(), text);
}

// Of two options that ask for different things one would be ignored in silence.
absl::Status ChooseView(absl::string_view option, ReportArguments* result) {
  if (!result->view.empty() && result->view != option) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected --", result->view, " or --", option, ", found both"));
  }
  result->view = std::string(option);
  return absl::OkStatus();
}

// `option` chooses a view.
Option View(Option option, ReportArguments* result) {
  option.apply = [name = option.name, apply = std::move(option.apply),
                  result](absl::string_view value) {
    absl::Status status = ChooseView(name, result);
    return status.ok() ? apply(value) : status;
  };
  return option;
}

// `option` chooses a part: what is looked at next is to be of the same.
Option Kept(Option option, ReportArguments* result) {
  option.apply = [name = option.name, apply = std::move(option.apply),
                  result](absl::string_view value) {
    result->options.selection.push_back(absl::StrCat("--", name, "=", value));
    return apply(value);
  };
  return option;
}

absl::Status TakeGrouping(absl::string_view text, ReportArguments* result) {
  if (text == "process") {
    if (absl::Status status = ChooseView("by=process", result); !status.ok()) return status;
    result->action = Action::kProcesses;
    return absl::OkStatus();
  }
  for (const render::GroupName& known : render::kGroupNames) {
    if (text != known.name) continue;
    result->query.by = known.by;
    result->is_grouping_chosen = true;
    return absl::OkStatus();
  }
  return BadValue("by", "site, function, file, module, thread or process", text);
}

absl::Status TakeTree(absl::string_view text, ReportArguments* result) {
  if (text != "down" && text != "up") return BadValue("tree", "down or up", text);
  result->action = Action::kTree;
  result->tree_order = text == "up" ? metrics::TreeOrder::kUp : metrics::TreeOrder::kDown;
  return absl::OkStatus();
}

absl::Status TakeMinPct(absl::string_view text, ReportArguments* result) {
  double percent = 0;
  if (!absl::SimpleAtod(text, &percent) || !(percent >= 0 && percent <= 100)) {
    return BadValue("min-pct", "a number from 0 to 100", text);
  }
  result->query.min_share = percent / 100;
  result->is_min_share_chosen = true;
  return absl::OkStatus();
}

std::vector<Option> WhatIsShown(ReportArguments* result) {
  using Value = absl::string_view;
  render::ReportOptions& options = result->options;
  return {
      {"sort", "KEY", "", [result](Value value) { return TakeSortKey(value, result); }},
      {"by", "WHAT", "", [result](Value value) { return TakeGrouping(value, result); }},
      View({"tree", "ORDER", "", [result](Value value) { return TakeTree(value, result); }},
           result),
      View({"annotate", "SRC", "",
            [result](Value value) {
              result->action = Action::kAnnotate;
              result->source = std::string(value);
              return value.empty() ? BadValue("annotate", "a source file", value)
                                   : absl::OkStatus();
            }},
           result),
      View({"leaks", "", "", Set(&result->action, Action::kLeaks)}, result),
      {"min-pct", "N", "", [result](Value value) { return TakeMinPct(value, result); }},
      {"top", "N", "", SetNumber("top", 1, [&options](uint64_t n) { options.top = n; })},
      {"depth", "N", "", SetNumber("depth", 0, [&options](uint64_t n) { options.depth = n; })},
      {"histograms", "", "", Set(&options.histograms, true)},
      {"full-names", "", "", Set(&options.full_names, true)},
  };
}

std::vector<Option> HowItIsShown(ReportArguments* result) {
  return {
      View({"html", "OUT", "",
            [result](absl::string_view value) {
              result->html = std::string(value);
              return value.empty() ? BadValue("html", "a file", value) : absl::OkStatus();
            }},
           result),
      {"before", "OLD", "", SetText(&result->before)},
      {"width", "N", "",
       SetNumber(
           "width", kLeastColumns, [result](uint64_t n) { result->width = n; }, kMostColumns)},
      View({"json", "", "", Set(&result->as_json, true)}, result),
      {"no-color", "", "", Set(&result->allow_color, false)},
      {"no-pager", "", "", Set(&result->allow_pager, false)},
      {"help", "", "", Set(&result->action, Action::kHelp), true},
      {"version", "", "", Set(&result->action, Action::kVersion), true},
  };
}

std::vector<Option> OptionTable(ReportArguments* result) {
  std::vector<Option> table = WhatIsShown(result);
  for (const Option& option :
       SelectionOptions(&result->query.selection, &result->is_lifetime_in_seconds)) {
    table.push_back(Kept(option, result));
  }
  for (const Option& option : HowItIsShown(result)) table.push_back(option);
  for (const char* const name : kSortOptions) {
    table.push_back({name, "", "", Set(&result->options.sort, render::RankByName(name))});
  }
  return table;
}

absl::Status WrongUsage(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(what, "; see memshim-report --help"));
}

}  // namespace

absl::StatusOr<ReportArguments> ParseReportArguments(const std::vector<std::string>& args) {
  ReportArguments result;
  const absl::StatusOr<std::vector<std::string>> files =
      ParseOptions(args, OptionTable(&result), "memshim-report");
  if (!files.ok()) return files.status();
  if (result.action == Action::kHelp || result.action == Action::kVersion) return result;
  if (files->empty()) return WrongUsage("expected a FILE, usually dhat-heap.json");
  if (files->size() > 1) {
    return WrongUsage(absl::StrCat("expected one FILE, found ", files->size(), ": the second is '",
                                   (*files)[1], "'"));
  }
  if (!result.before.empty() && result.html.empty()) {
    return WrongUsage("expected --html=OUT with --before");
  }
  if (result.action == Action::kTree && result.query.by == metrics::GroupBy::kThread) {
    return WrongUsage("--tree has rows by site, function, file or module, found --by=thread");
  }
  result.options.file = files->front();
  return result;
}

}  // namespace memshim::analyzer::cli
