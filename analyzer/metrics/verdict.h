// What a person who has never seen the program wants to know first, as figures: what course live
// bytes took, what the peak is made of, what is left, what churns, and how the resident set
// compares with the live heap. The words are the renderers' (render/text_verdict.h,
// render/json_verdict.h).
#ifndef MEMSHIM_ANALYZER_METRICS_VERDICT_H_
#define MEMSHIM_ANALYZER_METRICS_VERDICT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "analyzer/metrics/course.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::metrics {

// The resident set (RSS) beside the live heap. What the allocator retains of freed blocks and what
// the program maps itself (code, libraries, stacks, files) are in the rest; a profile does not tell
// them apart.
struct Resident {
  uint64_t peak_bytes = 0;  // the largest resident set
  uint64_t live_bytes = 0;  // requested and live at the peak of the heap
  // Usable minus requested bytes at the peak of the heap: each point's average, times what it had
  // live. Nullopt where slack is not told.
  std::optional<uint64_t> slack_bytes;
  // Memshim's own, as it was at the end, as far as it fits into what live and slack leave; nullopt
  // where it is not told: of a killed process, it is in the rest.
  std::optional<uint64_t> own_bytes;
  // What the rest was, at least: peak less live, slack and own; 0 when the heap is larger than the
  // resident set, part of which was never touched or was swapped out.
  uint64_t rest_bytes = 0;
  // From the resident set over time (memshim run): it and the live heap at one moment.
  struct Sample {
    uint64_t bytes = 0;
    uint64_t live_bytes = 0;
    uint64_t excess() const { return bytes > live_bytes ? bytes - live_bytes : 0; }
  };
  struct OverTime {
    Sample at_peak;  // the last one with most live bytes
    Sample at_end;
    uint64_t least_excess = 0;
    // Freed since and resident still, or replaced by what was mapped since. 0 where the resident
    // set was the smaller one at the peak: what was freed had never been touched, or was swapped.
    uint64_t RetainedBytes() const;
  };
  std::optional<OverTime> over_time;
};

struct Verdict {
  Course course;
  std::vector<size_t> peak_groups;   // those with a tenth of the peak or more; three at most
  std::vector<size_t> churn_groups;  // two at most, most blocks first; see IsChurning()
  std::optional<Resident> resident;
};

// A group churns when a twentieth of all blocks are its own, ten times what it ever had live at
// once came and went there, and its blocks live for less than a hundredth of the run on average.
bool IsChurning(const model::Profile& profile, const model::Counters& totals,
                const model::Counters& group);

Verdict FindVerdict(const model::Profile& profile, const std::vector<SiteGroup>& groups,
                    const Totals& totals);

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_VERDICT_H_
