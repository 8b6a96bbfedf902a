// See report_arguments.h. getopt_long gives the manners of GNU programs; its messages are replaced
// because they do not say what to do.
#include "analyzer/cli/report_arguments.h"

#include <getopt.h>

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analyzer/cli/report_ranges.h"
#include "analyzer/render/rank_names.h"

namespace memshim::analyzer::cli {

namespace {

using metrics::RankBy;

enum Option {
  kSort = 256,
  kBy,
  kTree,
  kAnnotate,
  kLeaks,
  kFocus,
  kIgnore,
  kHide,
  kSize,
  kLifetime,
  kMinPct,
  kTop,
  kDepth,
  kHtml,
  kBefore,
  kWidth,
  kHistograms,
  kFullNames,
  kJson,
  kNoColor,
  kNoPager,
  kHelp,
  kVersion,
  // The last: an alias of --sort=KEY, of which kAlias + i is the ith of kSortKeys.
  kAlias
};

struct SortKey {
  const char* name;
  RankBy by;
};
// Those from alloc_space on are pprof's, which users of other heap profilers know. They are options
// of their own, too.
constexpr SortKey kSortKeys[] = {
    {"total-bytes", RankBy::kTotalBytes},
    {"total-blocks", RankBy::kTotalBlocks},
    {"peak", RankBy::kPeakBytes},
    {"peak-bytes", RankBy::kPeakBytes},
    {"peak-blocks", RankBy::kPeakBlocks},
    {"end", RankBy::kEndBytes},
    {"end-bytes", RankBy::kEndBytes},
    {"leaks", RankBy::kEndBytes},
    {"end-blocks", RankBy::kEndBlocks},
    {"short-lived", RankBy::kShortLived},
    {"temporary", RankBy::kTemporary},
    {"resizes", RankBy::kMovedBytes},
    {"slack", RankBy::kSlack},
    {"alloc_space", RankBy::kTotalBytes},
    {"alloc_objects", RankBy::kTotalBlocks},
    {"inuse_space", RankBy::kEndBytes},
    {"inuse_objects", RankBy::kEndBlocks},
};
constexpr int kFirstAlias = 13;

constexpr option kOptions[] = {
    {"sort", required_argument, nullptr, kSort},
    {"by", required_argument, nullptr, kBy},
    {"tree", required_argument, nullptr, kTree},
    {"annotate", required_argument, nullptr, kAnnotate},
    {"leaks", no_argument, nullptr, kLeaks},
    {"focus", required_argument, nullptr, kFocus},
    {"ignore", required_argument, nullptr, kIgnore},
    {"hide", required_argument, nullptr, kHide},
    {"size", required_argument, nullptr, kSize},
    {"lifetime", required_argument, nullptr, kLifetime},
    {"min-pct", required_argument, nullptr, kMinPct},
    {"top", required_argument, nullptr, kTop},
    {"depth", required_argument, nullptr, kDepth},
    {"width", required_argument, nullptr, kWidth},
    {"html", required_argument, nullptr, kHtml},
    {"before", required_argument, nullptr, kBefore},
    {"histograms", no_argument, nullptr, kHistograms},
    {"full-names", no_argument, nullptr, kFullNames},
    {"json", no_argument, nullptr, kJson},
    {"no-color", no_argument, nullptr, kNoColor},
    {"no-pager", no_argument, nullptr, kNoPager},
    {"help", no_argument, nullptr, kHelp},
    {"version", no_argument, nullptr, kVersion},
    {kSortKeys[kFirstAlias].name, no_argument, nullptr, kAlias + kFirstAlias},
    {kSortKeys[kFirstAlias + 1].name, no_argument, nullptr, kAlias + kFirstAlias + 1},
    {kSortKeys[kFirstAlias + 2].name, no_argument, nullptr, kAlias + kFirstAlias + 2},
    {kSortKeys[kFirstAlias + 3].name, no_argument, nullptr, kAlias + kFirstAlias + 3},
    {nullptr, 0, nullptr, 0},
};

absl::Status WrongUsage(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(what, "; see --help"));
}

absl::Status ParseNumber(absl::string_view name, absl::string_view text, uint64_t min,
                         size_t* out) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < min) {
    return WrongUsage(
        absl::StrCat("expected a number from ", min, " on for --", name, ", found '", text, "'"));
  }
  *out = number;
  return absl::OkStatus();
}

absl::Status ParseSortKey(absl::string_view text, ReportArguments* result) {
  for (const SortKey& key : kSortKeys) {
    if (text != key.name) continue;
    result->options.sort = key.by;
    return absl::OkStatus();
  }
  return WrongUsage(absl::StrCat(
      "expected total-bytes, total-blocks, peak, end, short-lived, temporary, resizes or slack for "
      "--sort, found '",
      text, "'"));
}

absl::Status ParseGrouping(absl::string_view text, ReportArguments* result) {
  if (text == "process") {
    result->action = ReportArguments::Action::kProcesses;
    return absl::OkStatus();
  }
  if (text == "thread") {
    return WrongUsage(
        "a profile tells of each call site how many threads allocated there, not which: there is "
        "no --by=thread");
  }
  for (const render::GroupName& known : render::kGroupNames) {
    if (text != known.name) continue;
    result->query.by = known.by;
    result->is_grouping_chosen = true;
    return absl::OkStatus();
  }
  return WrongUsage(absl::StrCat(
      "expected site, function, file, module or process for --by, found '", text, "'"));
}

absl::Status ParseTree(absl::string_view text, ReportArguments* result) {
  if (text != "down" && text != "up") {
    return WrongUsage(absl::StrCat("expected down or up for --tree, found '", text, "'"));
  }
  result->action = ReportArguments::Action::kTree;
  result->tree_order = text == "up" ? metrics::TreeOrder::kUp : metrics::TreeOrder::kDown;
  return absl::OkStatus();
}

// Given several times, any of them may match.
absl::Status AddExpression(absl::string_view name, absl::string_view text, std::string* into) {
  const absl::Status status = metrics::CheckExpression(text);
  if (!status.ok() || text.empty()) {
    return WrongUsage(absl::StrCat("expected a regular expression for --", name, ", found '", text,
                                   "'", status.ok() ? "" : ": ", status.message()));
  }
  *into = into->empty() ? std::string(text) : absl::StrCat("(?:", *into, ")|(?:", text, ")");
  return absl::OkStatus();
}

absl::Status ParseRanges(int code, absl::string_view text, ReportArguments* result) {
  metrics::Selection& selection = result->query.selection;
  if (code == kSize) {
    selection.size = ParseSizeRange(text);
    if (selection.size.has_value()) return absl::OkStatus();
    return WrongUsage(absl::StrCat("expected a range as 16..4K for --size, found '", text, "'"));
  }
  const std::optional<LifetimeRange> lifetime = ParseLifetimeRange(text);
  if (!lifetime.has_value()) {
    return WrongUsage(
        absl::StrCat("expected a range as 10us..2ms for --lifetime, found '", text, "'"));
  }
  selection.lifetime = lifetime->range;
  result->is_lifetime_in_seconds = lifetime->is_time;
  return absl::OkStatus();
}

absl::Status ParseMinPct(absl::string_view text, ReportArguments* result) {
  double percent = 0;
  if (!absl::SimpleAtod(text, &percent) || !(percent >= 0 && percent <= 100)) {
    return WrongUsage(
        absl::StrCat("expected a number from 0 to 100 for --min-pct, found '", text, "'"));
  }
  result->query.min_share = percent / 100;
  result->is_min_share_chosen = true;
  return absl::OkStatus();
}

absl::Status ApplyValue(int code, absl::string_view value, ReportArguments* result) {
  metrics::Selection& selection = result->query.selection;
  switch (code) {
    case kSort:
      return ParseSortKey(value, result);
    case kBy:
      return ParseGrouping(value, result);
    case kTree:
      return ParseTree(value, result);
    case kAnnotate:
      result->action = ReportArguments::Action::kAnnotate;
      result->source = std::string(value);
      return value.empty() ? WrongUsage("expected a source file for --annotate") : absl::OkStatus();
    case kFocus:
      return AddExpression("focus", value, &selection.focus);
    case kIgnore:
      return AddExpression("ignore", value, &selection.ignore);
    case kHide:
      return AddExpression("hide", value, &selection.hide);
    case kSize:
    case kLifetime:
      return ParseRanges(code, value, result);
    case kMinPct:
      return ParseMinPct(value, result);
    case kTop:
      return ParseNumber("top", value, 1, &result->options.top.emplace());
    case kDepth:
      return ParseNumber("depth", value, 0, &result->options.depth);
    case kHtml:
      result->html = std::string(value);
      return value.empty() ? WrongUsage("expected a file for --html, found ''") : absl::OkStatus();
    case kBefore:
      result->before = std::string(value);
      return absl::OkStatus();
    default:
      return ParseNumber("width", value, kLeastColumns, &result->width.emplace());
  }
}

void ApplyFlag(int code, ReportArguments* result) {
  switch (code) {
    case kLeaks:
      result->action = ReportArguments::Action::kLeaks;
      break;
    case kHistograms:
      result->options.histograms = true;
      break;
    case kFullNames:
      result->options.full_names = true;
      break;
    case kJson:
      result->as_json = true;
      break;
    case kNoColor:
      result->allow_color = false;
      break;
    case kNoPager:
      result->allow_pager = false;
      break;
    case kHelp:
      result->action = ReportArguments::Action::kHelp;
      break;
    case kVersion:
      result->action = ReportArguments::Action::kVersion;
      break;
    default:
      result->options.sort = kSortKeys[code - kAlias].by;
  }
}

absl::Status ApplyOption(int code, absl::string_view word, ReportArguments* result) {
  if (code == ':') return WrongUsage(absl::StrCat("expected a value after ", word));
  if (code < kSort) {
    // A code of ours in optopt: the option is known and takes no value.
    if (optopt >= kSort) return WrongUsage(absl::StrCat("expected no value in ", word));
    return WrongUsage(absl::StrCat("unknown option '", word, "'"));
  }
  if (code <= kWidth && code != kLeaks) {
    return ApplyValue(code, optarg == nullptr ? "" : optarg, result);
  }
  ApplyFlag(code, result);
  return absl::OkStatus();
}

bool IsAboutItself(const ReportArguments& arguments) {
  return arguments.action == ReportArguments::Action::kHelp ||
         arguments.action == ReportArguments::Action::kVersion;
}

}  // namespace

absl::StatusOr<ReportArguments> ParseReportArguments(const std::vector<std::string>& args) {
  std::vector<std::string> words = {"memshim-report"};  // getopt expects the program's name
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int argc = static_cast<int>(words.size());

  ReportArguments result;
  optind = 0;  // glibc: start over
  while (true) {
    const int before = optind == 0 ? 1 : optind;
    const int code = getopt_long(argc, argv.data(), ":", kOptions, nullptr);
    if (code == -1) break;
    // After an option getopt stands behind it; the word it choked on is the one before.
    const int at = optind > before ? optind - 1 : before;
    const absl::string_view word = at < argc ? argv[static_cast<size_t>(at)] : "";
    if (absl::Status status = ApplyOption(code, word, &result); !status.ok()) return status;
    if (IsAboutItself(result)) return result;
  }
  const int files = argc - optind;
  if (files == 0) return WrongUsage("expected a FILE, usually dhat-heap.json");
  if (files > 1) {
    return WrongUsage(absl::StrCat("expected one FILE, found ", files, ": the second is '",
                                   argv[static_cast<size_t>(optind) + 1], "'"));
  }
  if (!result.before.empty() && result.html.empty()) {
    return WrongUsage("expected --html=OUT with --before");
  }
  result.options.file = argv[static_cast<size_t>(optind)];
  return result;
}

}  // namespace memshim::analyzer::cli
