// Live bytes and blocks of several processes over their common time.
#ifndef MEMSHIM_ANALYZER_MERGE_TIMELINE_SUM_H_
#define MEMSHIM_ANALYZER_MERGE_TIMELINE_SUM_H_

#include <cstdint>
#include <vector>

#include "analyzer/model/profile.h"

namespace memshim::analyzer::merge {

// A timeline that begins `start` after the others' common zero; nothing is live behind `end`.
struct PlacedTimeline {
  uint64_t start = 0;
  uint64_t end = 0;  // as `start`, from the common zero
  std::vector<model::TimelineSample> samples;
};

// The sum of all, at most `most_samples`: of each slice of time the sample with the most bytes, and
// the last one, which holds until the next.
std::vector<model::TimelineSample> SumTimelines(const std::vector<PlacedTimeline>& timelines,
                                                size_t most_samples);

}  // namespace memshim::analyzer::merge

#endif  // MEMSHIM_ANALYZER_MERGE_TIMELINE_SUM_H_
