// See report_screen.h.
#include "analyzer/cli/report_screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "analyzer/cli/report_arguments.h"

namespace memshim::analyzer::cli {
namespace {

constexpr size_t kUsualColumns = 100, kUsualLines = 40;
// On a wider terminal the eye would lose the row between its name and its figures.
constexpr size_t kWidestTerminal = 140;
constexpr size_t kLeastLines = 16;

absl::string_view Environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

size_t NumberOf(const char* name) {
  uint64_t number = 0;
  return absl::SimpleAtoi(Environment(name), &number) ? static_cast<size_t>(number) : 0;
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

}  // namespace

Screen FindScreen() {
  Screen screen;
  screen.is_terminal = isatty(STDOUT_FILENO) == 1;
  // https://no-color.org: any value that is not empty.
  screen.takes_color =
      screen.is_terminal && Environment("NO_COLOR").empty() && Environment("TERM") != "dumb";
  screen.takes_utf8 = LocaleTakesUtf8();
  screen.columns = kUsualColumns;
  screen.lines = kUsualLines;
  winsize size = {};
  if (screen.is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    if (size.ws_col > 0) screen.columns = size.ws_col;
    if (size.ws_row > 0) screen.lines = size.ws_row;
  }
  if (const size_t columns = NumberOf("COLUMNS"); columns > 0) screen.columns = columns;
  if (const size_t lines = NumberOf("LINES"); lines > 0) screen.lines = lines;
  screen.columns = std::clamp(screen.columns, kLeastColumns, kWidestTerminal);
  screen.lines = std::max(screen.lines, kLeastLines) - 1;
  return screen;
}

}  // namespace memshim::analyzer::cli
