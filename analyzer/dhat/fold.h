// Keeps a file small enough for DHAT's viewer, which takes minutes for 400 MB and refuses more
// than 512 MiB, by folding the least significant points into their callers.
#ifndef MEMSHIM_ANALYZER_DHAT_FOLD_H_
#define MEMSHIM_ANALYZER_DHAT_FOLD_H_

#include <cstdint>

#include "analyzer/model/profile.h"

namespace memshim::analyzer::dhat {

// The viewer loads 50 MB in about 4 s.
inline constexpr uint64_t kDefaultMaxFileBytes = 50'000'000;

// Does nothing if the file of `profile` takes at most `max_bytes`. Else the points are seen as a
// tree rooted at the outermost frames; every subtree whose share of the total bytes, the total
// blocks, the bytes at t-gmax and the bytes at t-end all stay below a threshold becomes, with its
// light siblings, one point: model::kFoldedFrame called by what called them. The threshold is the
// least that makes the file fit. All sums stay exact; own maxima become lower bounds.
// Profile::folded_points and folded_bytes tell the share. Applies FitStacks().
void FoldToSize(model::Profile* profile, uint64_t max_bytes);

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_FOLD_H_
