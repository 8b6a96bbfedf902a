// Writes a profile as DHAT JSON, version 2: the shape of dhat-rs's heap profiles (lifetimes, no
// accesses, microseconds) for profiles of ours, and that of its origin for any other.
// Called when a ledger is finished and by commands that make new profiles.
#ifndef MEMSHIM_ANALYZER_DHAT_WRITER_H_
#define MEMSHIM_ANALYZER_DHAT_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "analyzer/dhat/fold.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::dhat {

// Applies FitStacks() to its copy (move the profile in to save the copy), makes strings valid
// UTF-8, t-end at least 1 and t-gmax at most t-end. The file appears complete or not at all.
// To keep it small enough for the viewer call FoldToSize() first.
absl::Status WriteProfile(model::Profile profile, const std::string& path);

// The same of a profile that has gone through FitStacks() or FoldToSize(): makes no copy.
absl::Status WriteFitProfile(const model::Profile& profile, const std::string& path);

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_WRITER_H_
