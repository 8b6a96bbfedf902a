// See names.h.
#include "analyzer/render/names.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/metrics/function_name.h"
#include "analyzer/render/format.h"

namespace memshim::analyzer::render {
namespace {

// Says nothing that the place does not, and takes half of a line.
constexpr absl::string_view kAnonymous = "(anonymous namespace)::";
constexpr absl::string_view kNotYours = " [runtime, not yours]";

struct NameParts {
  std::string function;
  std::string place;  // " (file:line)" or " in module"
};

NameParts PartsOf(absl::string_view function, absl::string_view file, uint32_t line,
                  absl::string_view module_path, uint64_t address, bool full_names) {
  NameParts parts;
  parts.function = !function.empty() ? std::string(function)
                   : address != 0    ? absl::StrFormat("0x%X", address)
                                     : "???";
  if (!full_names && !function.empty()) parts.function = ShortFunctionName(function);
  const absl::string_view shown_file = full_names ? file : metrics::BaseName(file);
  const absl::string_view shown_module = full_names ? module_path : metrics::BaseName(module_path);
  if (line != 0) {
    parts.place = absl::StrCat(" (", shown_file, ":", line, ")");
  } else if (!file.empty()) {
    parts.place = absl::StrCat(" (", shown_file, ")");
  } else if (!module_path.empty()) {
    parts.place = absl::StrCat(" in ", shown_module);
  }
  return parts;
}

std::string Join(const NameParts& parts, bool full_names, size_t width) {
  const std::string function = CleanText(parts.function);
  const std::string place = CleanText(parts.place);
  if (full_names) return absl::StrCat(function, place);
  // Half of the line is the function's if it needs it, however long the place.
  const size_t wanted = DisplayWidth(function);
  const size_t rest = width > wanted ? width - wanted : 0;
  const size_t place_width = std::min(DisplayWidth(place), std::max(width / 2, rest));
  const size_t function_width = std::min(wanted, width - place_width);
  return absl::StrCat(FitMiddle(function, function_width),
                      FitMiddle(place, width - function_width));
}

// The length of "operator<<", "operator->" and their like at the start of `name`, whose brackets
// are no template's; 0 if it starts otherwise.
size_t OperatorLength(absl::string_view name) {
  constexpr absl::string_view kOperator = "operator";
  if (!absl::StartsWith(name, kOperator)) return 0;
  size_t end = kOperator.size();
  while (end < name.size() && absl::StrContains("<>-=", name.substr(end, 1))) ++end;
  return end;
}

}  // namespace

std::string ShortFunctionName(absl::string_view function) {
  const std::string whole =
      absl::StrReplaceAll(metrics::QualifiedName(function), {{kAnonymous, ""}});
  const absl::string_view name = whole;
  // Rust's "<Type as Trait>::f": the brackets hold the name itself.
  if (absl::StartsWith(name, "<")) return std::string(name);
  std::string shortened;
  int depth = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool starts_word = i == 0 || name[i - 1] == ':' || name[i - 1] == ' ';
    const size_t operator_length = starts_word ? OperatorLength(name.substr(i)) : 0;
    if (operator_length > 0) {
      if (depth == 0) absl::StrAppend(&shortened, name.substr(i, operator_length));
      i += operator_length - 1;
    } else if (c == '<') {
      if (depth++ == 0) absl::StrAppend(&shortened, "<...>");
    } else if (c == '>' && depth > 0) {
      --depth;
    } else if (depth == 0) {
      shortened += c;
    }
  }
  return depth == 0 ? shortened : std::string(name);  // unbalanced: not understood
}

std::string SiteName(const metrics::SiteGroup& site, bool full_names, size_t width) {
  const absl::string_view suffix = site.kind == metrics::SiteKind::kRuntime ? kNotYours : "";
  const size_t name_width = width == kAnyWidth ? width : width - DisplayWidth(suffix);
  if (!site.label.empty()) {
    const std::string label = site.kind == metrics::SiteKind::kFolded
                                  ? "[small points, folded into one]"
                                  : CleanText(site.label);
    return absl::StrCat(full_names ? label : FitMiddle(label, name_width), suffix);
  }
  NameParts parts =
      PartsOf(site.function, site.file, site.line, site.module_path, site.address, full_names);
  if (site.function.empty() && site.line == 0 && site.address == 0) {  // a file or a module
    const std::string& path = site.file.empty() ? site.module_path : site.file;
    parts = {std::string(full_names ? path : metrics::BaseName(path)), ""};
  }
  if (site.module_offset != 0) {  // better than an address that changes with every run
    parts = {"", absl::StrFormat(
                     "%s+0x%x", full_names ? site.module_path : metrics::BaseName(site.module_path),
                     site.module_offset)};
  }
  return absl::StrCat(Join(parts, full_names, name_width), suffix);
}

std::string FrameName(const model::Profile& profile, const model::Frame& frame, bool full_names,
                      size_t width) {
  if (frame.function.empty() && frame.address == 0) return FitMiddle(CleanText(frame.text), width);
  const NameParts parts = PartsOf(frame.function, frame.file, frame.line,
                                  metrics::ModulePath(profile, frame), frame.address, full_names);
  return Join(parts, full_names, width);
}

}  // namespace memshim::analyzer::render
