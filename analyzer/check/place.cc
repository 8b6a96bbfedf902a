// See place.h.
#include "analyzer/check/place.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/strip.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/metrics/function_name.h"
#include "analyzer/render/names.h"

namespace memshim::analyzer::check {
namespace {

bool IsNameOf(absl::string_view name, const Place& place) {
  if (name == place.function || name == metrics::QualifiedName(place.function) ||
      name == render::ShortFunctionName(place.function)) {
    return true;
  }
  for (const absl::string_view path : {place.file, place.module}) {
    if (name == path || name == metrics::BaseName(path)) return true;
  }
  return false;
}

re2::StringPiece ForRe2(absl::string_view text) { return {text.data(), text.size()}; }

}  // namespace

PlacePattern PlacePattern::Name(std::string name) {
  PlacePattern pattern;
  pattern.syntax_ = Syntax::kName;
  pattern.text_ = std::move(name);
  return pattern;
}

absl::StatusOr<PlacePattern> PlacePattern::Regex(std::string expression) {
  // Latin-1: names in files need not be UTF-8. The limit bounds what a hostile file can cost.
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  PlacePattern pattern;
  pattern.syntax_ = Syntax::kRegex;
  pattern.expression_ = std::make_shared<RE2>(expression, options);
  pattern.text_ = std::move(expression);
  if (!pattern.expression_->ok()) {
    return absl::InvalidArgumentError(pattern.expression_->error());
  }
  return pattern;
}

PlacePattern PlacePattern::Wildcard(std::string text) {
  PlacePattern pattern;
  pattern.syntax_ = Syntax::kWildcard;
  pattern.text_ = std::move(text);
  return pattern;
}

bool PlacePattern::MatchesText(absl::string_view text) const {
  if (text.empty()) return false;
  return syntax_ == Syntax::kRegex ? RE2::PartialMatch(ForRe2(text), *expression_)
                                   : MatchesWildcard(text_, text);
}

bool PlacePattern::Matches(const Place& place) const {
  if (syntax_ == Syntax::kNothing) return false;
  if (syntax_ == Syntax::kName) return !text_.empty() && IsNameOf(text_, place);
  return MatchesText(place.function) || MatchesText(place.file) || MatchesText(place.module);
}

std::vector<bool> MatchingFrames(const model::Profile& profile, const PlacePattern& pattern) {
  std::vector<bool> matches;
  for (const model::Frame& frame : profile.frames) {
    matches.push_back(
        pattern.Matches({frame.function, frame.file, metrics::ModulePath(profile, frame)}));
  }
  return matches;
}

// What stands between asterisks is looked for from left to right, each time at its first place,
// also what stands before '$': a pattern that LeakSanitizer takes for a match is one here, and no
// other is.
bool MatchesWildcard(absl::string_view pattern, absl::string_view text) {
  if (text.empty()) return false;
  bool is_anchored = absl::ConsumePrefix(&pattern, "^");
  bool is_after_asterisk = false;
  while (!pattern.empty()) {
    if (pattern.front() == '$') return text.empty() || is_after_asterisk;
    if (absl::ConsumePrefix(&pattern, "*")) {
      is_anchored = false;
      is_after_asterisk = true;
      continue;
    }
    const absl::string_view part = pattern.substr(0, pattern.find_first_of("*$"));
    const size_t at = text.find(part);
    if (at == absl::string_view::npos || (is_anchored && at != 0)) return false;
    pattern.remove_prefix(part.size());
    text.remove_prefix(at + part.size());
    is_anchored = is_after_asterisk = false;
  }
  return true;
}

}  // namespace memshim::analyzer::check
