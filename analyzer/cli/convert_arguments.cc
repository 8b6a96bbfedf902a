// See convert_arguments.h.
#include "analyzer/cli/convert_arguments.h"

#include <getopt.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "analyzer/convert/metric.h"

namespace memshim::analyzer::cli {
namespace {

enum Option { kTo = 256, kMetric, kInUse, kFocus, kIgnore, kTop, kMaxBytes, kHelp };

constexpr option kOptions[] = {
    {"to", required_argument, nullptr, kTo},
    {"metric", required_argument, nullptr, kMetric},
    {"inuse", required_argument, nullptr, kInUse},
    {"focus", required_argument, nullptr, kFocus},
    {"ignore", required_argument, nullptr, kIgnore},
    {"top", required_argument, nullptr, kTop},
    {"max-bytes", required_argument, nullptr, kMaxBytes},
    {"help", no_argument, nullptr, kHelp},
    {nullptr, 0, nullptr, 0},
};

absl::Status WrongUsage(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(what, "; see memshim convert --help"));
}

std::string FormatNames() {
  return absl::StrJoin(convert::Formats(), ", ", [](std::string* out, const auto& format) {
    absl::StrAppend(out, format.name);
  });
}

template <typename Number>
absl::Status ParseNumber(absl::string_view name, absl::string_view text, Number* out) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) {
    return WrongUsage(absl::StrCat("expected a number for --", name, ", found '", text, "'"));
  }
  *out = number;
  return absl::OkStatus();
}

absl::Status ParseName(int code, absl::string_view value, ConvertArguments* result) {
  if (code == kTo) {
    result->format = convert::FindFormat(value);
    if (result->format != nullptr) return absl::OkStatus();
    return WrongUsage(absl::StrCat("expected ", FormatNames(), " for --to, found '", value, "'"));
  }
  if (code == kMetric) {
    const convert::Metric* metric = convert::FindMetric(value);
    if (metric != nullptr) {
      result->request.metric = metric;
      return absl::OkStatus();
    }
    return WrongUsage(
        absl::StrCat("expected ", convert::MetricKeys(), " for --metric, found '", value, "'"));
  }
  result->request.live_at_peak = value == "peak";
  if (value == "peak" || value == "end") return absl::OkStatus();
  return WrongUsage(absl::StrCat("expected peak or end for --inuse, found '", value, "'"));
}

absl::Status ApplyOption(int code, absl::string_view word, ConvertArguments* result) {
  const absl::string_view value = optarg == nullptr ? "" : optarg;
  switch (code) {
    case kTo:
    case kMetric:
    case kInUse:
      return ParseName(code, value, result);
    case kFocus:
      result->filter.focus = std::string(value);
      return absl::OkStatus();
    case kIgnore:
      result->filter.ignore = std::string(value);
      return absl::OkStatus();
    case kTop:
      return ParseNumber("top", value, &result->request.top);
    case kMaxBytes:
      return ParseNumber("max-bytes", value, &result->request.max_bytes);
    case kHelp:
      result->asks_for_help = true;
      return absl::OkStatus();
    case ':':
      return WrongUsage(absl::StrCat("expected a value after ", word));
    default:
      return WrongUsage(absl::StrCat("unknown option '", word, "'"));
  }
}

absl::Status CheckComplete(const std::vector<std::string>& files, ConvertArguments* result) {
  if (result->format == nullptr) {
    return WrongUsage(absl::StrCat("expected --to=NAME, one of ", FormatNames()));
  }
  if (files.size() != 2) {
    return WrongUsage(absl::StrCat("expected IN and OUT, found ", files.size(),
                                   files.size() == 1 ? " file; OUT may be -" : " files"));
  }
  result->in = files[0];
  result->out = files[1];
  const absl::Status status = convert::CheckFilter(result->filter);
  return status.ok() ? status : WrongUsage(status.message());
}

}  // namespace

std::string ConvertHelp() {
  std::string text =
      "Usage: memshim convert --to=NAME [OPTION]... IN OUT\n"
      "Writes a profile in a format that other tools read. IN is the dhat-heap.json\n"
      "of memshim, or any file of valgrind --tool=dhat or dhat-rs. OUT - is the\n"
      "standard output.\n\n";
  for (const convert::Format& format : convert::Formats()) {
    absl::StrAppendFormat(&text, "  --to=%-11s %s\n", format.name, format.summary);
  }
  return absl::StrCat(text, R"(
  --metric=KEY     of collapsed: total-bytes, total-blocks, peak, peak-blocks,
                   end, end-blocks or temporary
  --inuse=WHEN     of pprof's inuse_*: live at the peak, or at the end (usual)
  --focus=REGEX    only stacks with a frame that matches
  --ignore=REGEX   no stack with a frame that matches
  --top=N          of markdown: rows of a table
  --max-bytes=N    of dhat: fold small points until the file fits; 0: never

Exit status: 0 done, 2 wrong usage, 3 IN cannot be read, 4 OUT cannot be
written.
)");
}

absl::StatusOr<ConvertArguments> ParseConvertArguments(const std::vector<std::string>& args) {
  std::vector<std::string> words = {"memshim"};  // getopt expects the program's name
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int argc = static_cast<int>(words.size());

  ConvertArguments result;
  optind = 0;  // glibc: start over
  while (true) {
    const int before = optind == 0 ? 1 : optind;
    const int code = getopt_long(argc, argv.data(), ":", kOptions, nullptr);
    if (code == -1) break;
    // After an option getopt stands behind it; the word it choked on is the one before.
    const int at = optind > before ? optind - 1 : before;
    const absl::string_view word = at < argc ? argv[static_cast<size_t>(at)] : "";
    if (absl::Status status = ApplyOption(code, word, &result); !status.ok()) return status;
    if (result.asks_for_help) return result;
  }
  const std::vector<std::string> files(argv.begin() + optind, argv.begin() + argc);
  if (absl::Status status = CheckComplete(files, &result); !status.ok()) return status;
  return result;
}

}  // namespace memshim::analyzer::cli
