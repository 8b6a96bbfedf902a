// See terminal.h.
#include "analyzer/cli/terminal.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::cli {
namespace {

absl::string_view Environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

// https://no-color.org: any value that is not empty.
bool TerminalTakesColor() {
  return isatty(STDOUT_FILENO) == 1 && Environment("NO_COLOR").empty() &&
         Environment("TERM") != "dumb";
}

// Containers often set no locale at all, and their terminals take UTF-8; so only a locale that
// says otherwise counts.
bool LocaleTakesUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string locale = absl::AsciiStrToLower(Environment(name));
    if (locale.empty()) continue;
    return absl::StrContains(locale, "utf-8") || absl::StrContains(locale, "utf8");
  }
  return true;
}

}  // namespace memshim::analyzer::cli
