// See convert_arguments.h.
#include "analyzer/cli/convert_arguments.h"

#include <cstdint>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/selection_options.h"
#include "analyzer/convert/metric.h"

namespace memshim::analyzer::cli {
namespace {

constexpr absl::string_view kTail = R"(
Exit status: 0 done, 2 wrong usage, 3 IN cannot be read or does not tell that,
4 OUT cannot be written.
)";

std::string FormatNames() {
  return absl::StrJoin(convert::Formats(), ", ", [](std::string* out, const auto& format) {
    absl::StrAppend(out, format.name);
  });
}

absl::Status TakeFormat(absl::string_view value, ConvertArguments* result) {
  result->format = convert::FindFormat(value);
  return result->format != nullptr ? absl::OkStatus() : BadValue("to", FormatNames(), value);
}

absl::Status TakeMetric(absl::string_view value, ConvertArguments* result) {
  const convert::Metric* metric = convert::FindMetric(value);
  if (metric == nullptr) return BadValue("metric", convert::MetricKeys(), value);
  result->request.metric = metric;
  return absl::OkStatus();
}

absl::Status TakeInUse(absl::string_view value, ConvertArguments* result) {
  result->request.live_at_peak = value == "peak";
  return value == "peak" || value == "end" ? absl::OkStatus()
                                           : BadValue("inuse", "peak or end", value);
}

// But for --to, of which the help has a line for each value.
std::vector<Option> OtherOptions(ConvertArguments* result) {
  using Value = absl::string_view;
  convert::Request& request = result->request;
  std::vector<Option> table = {
      {"metric", "KEY",
       "of collapsed: total-bytes, total-blocks, peak,\npeak-blocks, end, end-blocks or temporary",
       [result](Value value) { return TakeMetric(value, result); }},
      {"inuse", "WHEN", "of pprof's inuse_*: live at the peak, or at the\nend (usual)",
       [result](Value value) { return TakeInUse(value, result); }},
  };
  for (Option& option : SelectionOptions(&result->selection, &result->is_lifetime_in_seconds)) {
    table.push_back(std::move(option));
  }
  table.push_back({"top", "N", "of markdown: rows of a table",
                   SetNumber("top", 0, [&request](uint64_t n) { request.top = n; })});
  table.push_back({"max-bytes", "N", "of dhat: fold small points until the file fits;\n0: never",
                   SetNumber("max-bytes", 0, [&request](uint64_t n) { request.max_bytes = n; })});
  return table;
}

std::vector<Option> OptionTable(ConvertArguments* result) {
  std::vector<Option> table = OtherOptions(result);
  table.push_back(
      {"to", "NAME", "", [result](absl::string_view value) { return TakeFormat(value, result); }});
  table.push_back({"help", "", "", Set(&result->asks_for_help, true), true});
  return table;
}

absl::Status WrongUsage(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(what, "; see memshim convert --help"));
}

// Options that one format alone obeys: with another, what was asked for would not be in the file.
struct OptionOfOne {
  absl::string_view option;
  absl::string_view format;
};
constexpr OptionOfOne kOptionsOfOne[] = {
    {"metric", "collapsed"}, {"inuse", "pprof"}, {"top", "markdown"}, {"max-bytes", "dhat"}};

// Adds the names of options that are given to `*given`.
void NoteGiven(std::vector<Option>* table, std::vector<std::string>* given) {
  for (Option& option : *table) {
    option.apply = [name = option.name, apply = std::move(option.apply),
                    given](absl::string_view value) {
      given->push_back(name);
      return apply(value);
    };
  }
}

absl::Status CheckAreOfFormat(const std::vector<std::string>& given, absl::string_view format) {
  for (const OptionOfOne& one : kOptionsOfOne) {
    if (format == one.format || !absl::c_linear_search(given, one.option)) continue;
    return WrongUsage(absl::StrCat("expected --", one.option, " with --to=", one.format,
                                   " alone, found --to=", format));
  }
  return absl::OkStatus();
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
  ConvertArguments unused;
  return absl::StrCat(text, "\n", OptionHelp(OtherOptions(&unused)), kTail);
}

absl::StatusOr<ConvertArguments> ParseConvertArguments(const std::vector<std::string>& args) {
  ConvertArguments result;
  std::vector<Option> table = OptionTable(&result);
  std::vector<std::string> given;
  NoteGiven(&table, &given);
  const absl::StatusOr<std::vector<std::string>> files =
      ParseOptions(args, table, "memshim convert");
  if (!files.ok()) return files.status();
  if (result.asks_for_help) return result;
  if (result.format == nullptr) {
    return WrongUsage(absl::StrCat("expected --to=NAME, one of ", FormatNames()));
  }
  if (absl::Status status = CheckAreOfFormat(given, result.format->name); !status.ok()) {
    return status;
  }
  if (files->size() != 2) {
    return WrongUsage(absl::StrCat("expected IN and OUT, found ", files->size(),
                                   files->size() == 1 ? " file; OUT may be -" : " files"));
  }
  result.in = (*files)[0];
  result.out = (*files)[1];
  return result;
}

}  // namespace memshim::analyzer::cli
