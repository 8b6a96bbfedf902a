// Names of memshim's own data in a DHAT file, shared by the reader and the writer.
// They live in one object under a top-level key that DHAT's viewer ignores, placed last:
//   "memshim": {"schema": 1, "version": TEXT, "ending": NAME, "exitStatus": N,
//     "peakRssBytes": N (if known), "threads": N, "startUnixMs": N,
//     "mergedProfiles": N (of a sum of several),
//     "modules": [[PATH, BUILD_ID], ...], "frameModules": [N or -1, one for each frame],
//     "inlinedFrames": [frame indices], "timeline": [[time, bytes, blocks], ...],
//     "resident": [[time, bytes], ...] (resident set size, after memshim run),
//     "verify": [equal, equal where described, different, not compared] (after verify=on),
//     "lifetimeTickUs": FRACTION, "lateSince": time, "moments": [time, ...] (with details),
//     "failedRequests": [{"count": N, "bytes": N, "largest": N, "fs": [frame indices]}, ...],
//     "losses": [[WHAT, COUNT], ...], "notes": [TEXT, ...],
//     "foldedPoints": N, "foldedBytes": N, "cutPoints": N}
// and in keys of a point: "maxIsLowerBound": true where its own maximum is not exact, and those of
// point_details.h.
#ifndef MEMSHIM_ANALYZER_DHAT_SHIM_DATA_H_
#define MEMSHIM_ANALYZER_DHAT_SHIM_DATA_H_

#include <cstdint>

namespace memshim::analyzer::dhat {

inline constexpr uint64_t kShimDataSchema = 1;

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_SHIM_DATA_H_
