// See timeline_sum.h.
#include "analyzer/merge/timeline_sum.h"

#include <algorithm>

#include "analyzer/model/counters.h"

namespace memshim::analyzer::merge {
namespace {

// One process's figures from a moment on: they replace what it had before.
struct Change {
  uint64_t time;
  size_t process;
  uint64_t bytes;
  uint64_t blocks;
};

std::vector<Change> ChangesByTime(const std::vector<PlacedTimeline>& timelines) {
  std::vector<Change> changes;
  for (size_t i = 0; i < timelines.size(); ++i) {
    const PlacedTimeline& timeline = timelines[i];
    for (const model::TimelineSample& sample : timeline.samples) {
      const uint64_t time = model::SaturatingAdd(timeline.start, sample.time);
      changes.push_back({std::min(time, timeline.end), i, sample.live_bytes, sample.live_blocks});
    }
    changes.push_back({timeline.end, i, 0, 0});
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.time < b.time; });
  return changes;
}

}  // namespace

std::vector<model::TimelineSample> SumTimelines(const std::vector<PlacedTimeline>& timelines,
                                                size_t most_samples) {
  const std::vector<Change> changes = ChangesByTime(timelines);
  const uint64_t end = changes.empty() ? 0 : changes.back().time;
  const uint64_t slice = end / std::max<size_t>(most_samples / 2, 1) + 1;
  std::vector<model::TimelineSample> now(timelines.size());
  std::vector<model::TimelineSample> sums;
  size_t top = 0;  // of the slice: the last of `sums` or the one before
  model::TimelineSample sum;
  for (size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    model::TimelineSample& own = now[change.process];
    sum.time = change.time;
    sum.live_bytes = model::SaturatingAdd(sum.live_bytes - own.live_bytes, change.bytes);
    sum.live_blocks = model::SaturatingAdd(sum.live_blocks - own.live_blocks, change.blocks);
    own.live_bytes = change.bytes;
    own.live_blocks = change.blocks;
    if (i + 1 < changes.size() && changes[i + 1].time == change.time)
      continue;  // not all of it yet
    const bool is_new_slice = sums.empty() || sums.back().time / slice != sum.time / slice;
    if (is_new_slice) {
      top = sums.size();
    } else if (sum.live_bytes > sums[top].live_bytes) {
      sums.resize(top);
    } else {
      sums.resize(top + 1);
    }
    sums.push_back(sum);
  }
  return sums;
}

}  // namespace memshim::analyzer::merge
