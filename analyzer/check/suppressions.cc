// See suppressions.h.
#include "analyzer/check/suppressions.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace memshim::analyzer::check {
namespace {

constexpr size_t kMostShown = 60;  // of a line that is not understood

}  // namespace

absl::Status ParseSuppressions(absl::string_view text, const std::string& file,
                               std::vector<Suppression>* suppressions) {
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    const std::string origin = absl::StrCat(file, ":", number);
    const absl::string_view whole = line;
    if (!absl::ConsumePrefix(&line, "leak:") || line.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(origin, ": expected leak:PATTERN or a comment, found '",
                       whole.substr(0, kMostShown), "'"));
    }
    suppressions->push_back({PlacePattern::Wildcard(std::string(line)), origin});
  }
  return absl::OkStatus();
}

}  // namespace memshim::analyzer::check
