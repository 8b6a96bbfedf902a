// Brings a profile into the shape that DHAT's viewer can load: stacks of at most 128 frames, no
// two points with the same stack, no empty stack, "[root]" as frame 0, no text twice in the frame
// table. Called by the writer and by folding; doing it twice changes nothing.
#ifndef MEMSHIM_ANALYZER_DHAT_FIT_H_
#define MEMSHIM_ANALYZER_DHAT_FIT_H_

#include <cstddef>

#include "analyzer/model/profile.h"

namespace memshim::analyzer::dhat {

// The viewer takes 33 s for 500 branching levels and dies at 1,000; 128 take 1 s.
inline constexpr size_t kMaxStackFrames = 128;
inline constexpr size_t kInnermostKept = 96;
inline constexpr size_t kOutermostKept = 31;

// In the middle of a cut stack stands model::kFramesCutFrame. The number of frames cut is left out
// on purpose: with it, each depth of a recursion would stay a point of its own although all that
// is shown of them is the same.
//
// Points whose stacks become equal are merged: sums are added, the own maximum becomes a lower
// bound and is flagged. Frames used by no stack are dropped. Profile::cut_points counts the
// points that were cut. Requires: every frame index is below Profile::frames.size().
void FitStacks(model::Profile* profile);

// Merges points with equal stacks, as FitStacks() does; the first of each keeps its place.
void MergeEqualStacks(model::Profile* profile);

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_FIT_H_
