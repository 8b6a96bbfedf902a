// See selection.h.
#include "analyzer/metrics/selection.h"

#include <re2/re2.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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

std::string NoteOf(const Selection& selection, size_t kept, size_t all) {
  std::vector<std::string> parts;
  if (!selection.focus.empty()) parts.push_back(absl::StrCat("with '", selection.focus, "'"));
  if (!selection.ignore.empty()) parts.push_back(absl::StrCat("without '", selection.ignore, "'"));
  if (!selection.hide.empty()) {
    parts.push_back(absl::StrCat("of whose frames '", selection.hide, "' are left out"));
  }
  if (selection.size) parts.push_back("with blocks of some sizes");
  if (selection.lifetime) parts.push_back("with blocks of some lifetimes");
  return absl::StrCat("A part of a profile, ", kept, " of ", all, " program points: those ",
                      absl::StrJoin(parts, " and "), ".");
}

}  // namespace

absl::Status CheckExpression(absl::string_view expression) {
  const RE2 pattern(Piece(expression), RE2::Quiet);
  return pattern.ok() ? absl::OkStatus() : absl::InvalidArgumentError(pattern.error());
}

void Select(const Selection& selection, model::Profile* profile) {
  const FrameMatch focus(selection.focus, *profile), ignore(selection.ignore, *profile),
      hide(selection.hide, *profile);
  const auto goes = [&](std::vector<uint32_t>* frames) {
    if (focus.is_asked() && !focus.MatchesAny(*frames)) return true;
    if (ignore.is_asked() && ignore.MatchesAny(*frames)) return true;
    if (!hide.is_asked()) return false;
    std::erase_if(*frames, [&](uint32_t frame) { return hide.Matches(frame); });
    return frames->empty();
  };
  std::erase_if(profile->points, [&](model::Point& point) {
    return !HasSuchBlocks(selection, *profile, point.counters) || goes(&point.frames);
  });
  std::erase_if(profile->failed_requests,
                [&](model::FailedRequests& failed) { return goes(&failed.frames); });
}

void LeaveOutTheWhole(const Selection& selection, size_t all, model::Profile* profile) {
  profile->timeline.clear();
  profile->resident.clear();
  profile->notes.push_back(NoteOf(selection, profile->points.size(), all));
}

}  // namespace memshim::analyzer::metrics
