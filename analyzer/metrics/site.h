// Finds whose line an allocation is: the innermost frame of a stack that is the user's own.
// Used to group program points by call site; says "runtime, not yours" where no frame is.
#ifndef MEMSHIM_ANALYZER_METRICS_SITE_H_
#define MEMSHIM_ANALYZER_METRICS_SITE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::metrics {

enum class SiteKind {
  kUser,
  kRuntime,  // a buffer that libc, libstdc++ or the loader keeps for itself
  kFolded,   // many small points whose stacks were dropped to keep the file small
  kUnknown,  // no frame that stands for code
};

inline constexpr size_t kNoFrame = static_cast<size_t>(-1);

struct Site {
  SiteKind kind = SiteKind::kUnknown;
  size_t position = kNoFrame;  // of the frame in the point's stack
  absl::string_view label;     // of a known buffer, or of what is no code; else empty
};

// Classifies each frame of a profile once. The profile must outlive it.
class SiteFinder {
 public:
  explicit SiteFinder(const model::Profile& profile);

  // The site of a user's stack is its innermost frame of kind kUser. If there is none, it is the
  // outermost frame that does more than start the program.
  Site FindSite(const model::Point& point) const;

  FrameKind KindOf(uint32_t frame) const { return kinds_[frame]; }

 private:
  absl::string_view KnownBuffer(const model::Point& point) const;

  const model::Profile& profile_;
  std::vector<FrameKind> kinds_;           // one for each frame
  std::vector<absl::string_view> labels_;  // of frames that name a buffer of the runtime
  std::vector<bool> has_label_;            // the same in a few cache lines
};

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_SITE_H_
