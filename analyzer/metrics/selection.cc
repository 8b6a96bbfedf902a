// See selection.h.
#include "analyzer/metrics/selection.h"

#include <re2/re2.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/metrics/site_groups.h"

namespace memshim::analyzer::metrics {
namespace {

re2::StringPiece Piece(absl::string_view text) { return {text.data(), text.size()}; }

// Which frames match an expression: each is looked at once, however many stacks it is in.
class FrameMatch {
 public:
  FrameMatch(const std::string& expression, const model::Profile& profile) {
    if (expression.empty()) return;
    const RE2 pattern(expression, RE2::Quiet);
    const auto matches = [&](absl::string_view text) {
      return !text.empty() && RE2::PartialMatch(Piece(text), pattern);
    };
    for (const model::Frame& frame : profile.frames) {
      const bool has_name = !frame.function.empty() || !frame.file.empty();
      matches_.push_back(matches(frame.function) || matches(frame.file) ||
                         matches(ModulePath(profile, frame)) || (!has_name && matches(frame.text)));
    }
  }

  bool is_asked() const { return !matches_.empty(); }
  bool Matches(uint32_t frame) const { return matches_[frame]; }
  bool MatchesAny(const std::vector<uint32_t>& frames) const {
    return std::any_of(frames.begin(), frames.end(), [this](uint32_t f) { return Matches(f); });
  }

 private:
  std::vector<bool> matches_;
};

bool HasSuchBlocks(const Selection& selection, const model::Profile& profile,
                   const model::Counters& c) {
  if (selection.size && !selection.size->Holds(AverageOf(c.total_bytes, c.total_blocks))) {
    return false;
  }
  return !selection.lifetime || (profile.has_lifetime_sums &&
                                 selection.lifetime->Holds(AverageOf(c.lifetime, c.total_blocks)));
}

}  // namespace

absl::Status CheckExpression(absl::string_view expression) {
  const RE2 pattern(Piece(expression), RE2::Quiet);
  return pattern.ok() ? absl::OkStatus() : absl::InvalidArgumentError(pattern.error());
}

void Select(const Selection& selection, model::Profile* profile) {
  const FrameMatch focus(selection.focus, *profile), ignore(selection.ignore, *profile),
      hide(selection.hide, *profile);
  std::erase_if(profile->points, [&](model::Point& point) {
    if (focus.is_asked() && !focus.MatchesAny(point.frames)) return true;
    if (ignore.is_asked() && ignore.MatchesAny(point.frames)) return true;
    if (!HasSuchBlocks(selection, *profile, point.counters)) return true;
    if (!hide.is_asked()) return false;
    std::erase_if(point.frames, [&](uint32_t frame) { return hide.Matches(frame); });
    return point.frames.empty();
  });
}

}  // namespace memshim::analyzer::metrics
