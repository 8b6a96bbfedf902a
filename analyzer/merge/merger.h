// One profile of several: of the processes of a run, or of several runs.
//
// Points of equal stacks are added up. Stacks are equal when their frames are of equal names,
// places and modules; of the address, which the kernel chooses anew for each process, only the part
// below the size of a page counts. The text shown is the first profile's.
//
// What is added: totals, lifetimes, what lives at the end, and the processes' own peaks. They need
// not have reached those at the same time: the sum is what they had together at most, and its time
// is that of the largest one. The timelines are added up by the wall clock. Figures that mean
// nothing together are left out: moments, late frees, the peak RSS.
#ifndef MEMSHIM_ANALYZER_MERGE_MERGER_H_
#define MEMSHIM_ANALYZER_MERGE_MERGER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "analyzer/merge/timeline_sum.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::merge {

class Merger {
 public:
  // `path` is for the message when the profile is of another kind than those before.
  absl::Status Add(const model::Profile& profile, const std::string& path);

  // What was added so far, as one profile. Requires: at least one. Ends the object's use.
  model::Profile Take();

 private:
  absl::Status CheckKind(const model::Profile& profile, const std::string& path) const;
  void AddHead(const model::Profile& profile);
  void AddFigures(const model::Profile& profile);
  std::vector<uint32_t> AddModules(const model::Profile& profile);
  std::vector<uint32_t> AddFrames(const model::Profile& profile);
  void AddPoints(const model::Profile& profile, const std::vector<uint32_t>& frames);
  void AddFailedRequests(const model::Profile& profile, const std::vector<uint32_t>& frames);
  void PlaceTimelines();

  using Stack = std::vector<uint32_t>;

  // Of a profile what has to be known to place it in the common time.
  struct Span {
    uint64_t start_unix_ms;
    uint64_t t_end;
    uint64_t t_gmax;
    uint64_t peak_bytes;
    std::vector<model::TimelineSample> timeline;
    std::vector<model::TimelineSample> resident;  // without blocks
  };

  model::Profile sum_;
  std::vector<Span> spans_;
  std::vector<std::string> paths_;
  absl::flat_hash_map<std::pair<std::string, std::string>, uint32_t> modules_;
  absl::flat_hash_map<std::string, uint32_t> frames_;
  absl::flat_hash_map<Stack, size_t> points_;
  absl::flat_hash_map<Stack, size_t> failed_requests_;
};

}  // namespace memshim::analyzer::merge

#endif  // MEMSHIM_ANALYZER_MERGE_MERGER_H_
