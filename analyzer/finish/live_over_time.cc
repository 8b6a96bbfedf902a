// See live_over_time.h.
#include "analyzer/finish/live_over_time.h"

#include <utility>

#include "analyzer/model/counters.h"

namespace memshim::analyzer::finish {
namespace {

using ledger::format::TimelineSample;

class Held {
 public:
  explicit Held(uint64_t interval) : known_after_(2 * interval) {}

  // `figures` were live before the event at `figures.ticks`, the first since `known_after_`.
  void AddWhatEndsWith(const TimelineSample& figures, bool is_sample) {
    const bool is_pause =
        !samples_.empty() && figures.ticks - samples_.back().ticks > 2 * known_after_;
    if (is_pause) {
      samples_.push_back(figures);
      samples_.back().ticks = last_ticks_ + known_after_;
    }
    if (is_pause || is_sample) samples_.push_back(figures);
    last_ticks_ = figures.ticks;
  }
  std::vector<TimelineSample> Take() { return std::move(samples_); }

 private:
  const uint64_t known_after_;  // a sample, in ticks: see format.h
  uint64_t last_ticks_ = 0;
  std::vector<TimelineSample> samples_;
};

}  // namespace

std::vector<TimelineSample> LiveOverTime(const ledger::Contents& contents) {
  Held held(contents.timeline_interval);
  for (const TimelineSample& sample : contents.timeline) held.AddWhatEndsWith(sample, true);
  // No sample was due since then: what is live at the end has been so from the last one on.
  TimelineSample end{contents.end_ticks, 0, 0, 0};
  for (const ledger::PointSums& sums : contents.sums) {
    end.live_bytes = model::SaturatingAdd(end.live_bytes, sums.live_bytes);
    end.live_blocks = model::SaturatingAdd(end.live_blocks, sums.live_blocks);
  }
  held.AddWhatEndsWith(end, false);
  return held.Take();
}

}  // namespace memshim::analyzer::finish
