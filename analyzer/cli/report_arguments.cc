// See report_arguments.h. getopt_long gives the manners of GNU programs; its messages are replaced
// because they do not say what to do.
#include "analyzer/cli/report_arguments.h"

#include <getopt.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::cli {

const char kReportHelp[] =
    R"(Usage: memshim-report [OPTION]... FILE
Shows where a program allocated memory: most bytes, most blocks, live at the
peak, live at the end, short-lived. FILE is the dhat-heap.json that memshim
wrote, or any file of valgrind --tool=dhat or dhat-rs.

  --sort=KEY     one section only, in full, ordered by KEY:
                   total-bytes   bytes over the whole run     (alloc_space)
                   total-blocks  blocks over the whole run    (alloc_objects)
                   peak          bytes live at the peak       (peak-blocks)
                   end           bytes live at the end        (inuse_space)
                   end-blocks    blocks live at the end       (inuse_objects)
                   short-lived   blocks of sites with short lives
                   temporary     blocks freed before the next allocation
  --top=N        at most N rows in a section
  --depth=N      N callers below each row
  --full-names   functions with parameters and template arguments
  --json         everything, for programs, with exact numbers
  --html=OUT     a page for the browser instead: flame graph, timeline, sites
  --before=OLD   with --html: what changed since the profile OLD
  --no-color     plain text on a terminal too
  --help, --version

Sizes are decimal: 1 KB is 1,000 bytes. Exit status: 0 done, 2 wrong usage,
3 FILE cannot be read, 4 the report cannot be written.
)";

namespace {

using metrics::RankBy;

enum Option {
  kSort = 256,
  kTop,
  kDepth,
  kFullNames,
  kJson,
  kHtml,
  kBefore,
  kNoColor,
  kHelp,
  kVersion
};

constexpr option kOptions[] = {
    {"sort", required_argument, nullptr, kSort},
    {"top", required_argument, nullptr, kTop},
    {"depth", required_argument, nullptr, kDepth},
    {"full-names", no_argument, nullptr, kFullNames},
    {"json", no_argument, nullptr, kJson},
    {"html", required_argument, nullptr, kHtml},
    {"before", required_argument, nullptr, kBefore},
    {"no-color", no_argument, nullptr, kNoColor},
    {"help", no_argument, nullptr, kHelp},
    {"version", no_argument, nullptr, kVersion},
    {nullptr, 0, nullptr, 0},
};

struct SortKey {
  absl::string_view name;
  RankBy by;
};
// The names with underscores are pprof's: users of other heap profilers know them.
constexpr SortKey kSortKeys[] = {
    {"total-bytes", RankBy::kTotalBytes},   {"alloc_space", RankBy::kTotalBytes},
    {"total-blocks", RankBy::kTotalBlocks}, {"alloc_objects", RankBy::kTotalBlocks},
    {"peak", RankBy::kPeakBytes},           {"peak-bytes", RankBy::kPeakBytes},
    {"peak-blocks", RankBy::kPeakBlocks},   {"end", RankBy::kEndBytes},
    {"end-bytes", RankBy::kEndBytes},       {"leaks", RankBy::kEndBytes},
    {"inuse_space", RankBy::kEndBytes},     {"end-blocks", RankBy::kEndBlocks},
    {"inuse_objects", RankBy::kEndBlocks},  {"short-lived", RankBy::kShortLived},
    {"temporary", RankBy::kTemporary},
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
      "expected total-bytes, total-blocks, peak, end, short-lived or temporary for --sort, "
      "found '",
      text, "'"));
}

absl::Status ApplyOption(int code, absl::string_view word, ReportArguments* result) {
  const absl::string_view value = optarg == nullptr ? "" : optarg;
  switch (code) {
    case kSort:
      return ParseSortKey(value, result);
    case kTop:
      return ParseNumber("top", value, 1, &result->options.top.emplace());
    case kDepth:
      return ParseNumber("depth", value, 0, &result->options.depth);
    case kFullNames:
      result->options.full_names = true;
      return absl::OkStatus();
    case kJson:
      result->as_json = true;
      return absl::OkStatus();
    case kHtml:
      result->html = std::string(value);
      if (result->html.empty()) return WrongUsage("expected a file for --html, found ''");
      return absl::OkStatus();
    case kBefore:
      result->before = std::string(value);
      return absl::OkStatus();
    case kNoColor:
      result->allow_color = false;
      return absl::OkStatus();
    case kHelp:
      result->action = ReportArguments::Action::kHelp;
      return absl::OkStatus();
    case kVersion:
      result->action = ReportArguments::Action::kVersion;
      return absl::OkStatus();
    case ':':
      return WrongUsage(absl::StrCat("expected a value after ", word));
    default:
      // A code of ours in optopt: the option is known and takes no value.
      if (optopt >= kSort) return WrongUsage(absl::StrCat("expected no value in ", word));
      return WrongUsage(absl::StrCat("unknown option '", word, "'"));
  }
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
    if (result.action != ReportArguments::Action::kReport) return result;
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
