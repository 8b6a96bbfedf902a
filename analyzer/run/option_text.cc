// See option_text.h.
#include "analyzer/run/option_text.h"

#include <sys/utsname.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "analyzer/metrics/frame_kind.h"

namespace memshim::analyzer::run {
namespace {

// Cuts "key=value" off the front, without backslashes before colons and backslashes.
std::string CutItem(absl::string_view* options) {
  std::string item;
  size_t i = 0;
  for (; i < options->size() && (*options)[i] != ':'; ++i) {
    const char next = i + 1 < options->size() ? (*options)[i + 1] : '\0';
    if ((*options)[i] == '\\' && (next == ':' || next == '\\')) ++i;
    item.push_back((*options)[i]);
  }
  options->remove_prefix(i < options->size() ? i + 1 : i);
  return item;
}

}  // namespace

std::string FindOption(absl::string_view options, absl::string_view key) {
  const std::string start = absl::StrCat(key, "=");
  std::string value;
  while (!options.empty()) {
    const std::string item = CutItem(&options);
    if (absl::StartsWith(item, start)) value = item.substr(start.size());
  }
  return value;
}

void AddOption(absl::string_view key, absl::string_view value, std::string* options) {
  if (!options->empty()) options->push_back(':');
  absl::StrAppend(options, key, "=", absl::StrReplaceAll(value, {{"\\", "\\\\"}, {":", "\\:"}}));
}

std::string ExpandOutput(absl::string_view pattern, const OutputNames& names) {
  std::string path;
  if (pattern.empty() || pattern[0] != '/') path = absl::StrCat(names.start_directory, "/");
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char next = pattern[i] == '%' && i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    struct utsname system;
    if (next == 'p') {
      absl::StrAppend(&path, names.pid);
    } else if (next == 'e') {
      absl::StrAppend(&path, metrics::BaseName(names.executable));
    } else if (next == 'h' && uname(&system) == 0) {
      path.append(system.nodename);
    } else if (next == '%') {
      path.push_back('%');
    } else {
      path.push_back(pattern[i]);
      continue;
    }
    ++i;
  }
  return path;
}

std::string AsPattern(absl::string_view path) { return absl::StrReplaceAll(path, {{"%", "%%"}}); }

}  // namespace memshim::analyzer::run
