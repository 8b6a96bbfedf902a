// What live bytes did over a run, in one word: judged from the timeline, by rules that are the same
// for every program, and how sure that is. Used by the verdict (verdict.h).
//
// The rules look at the body of the run, without its first and last twentieths, in which programs
// set up and tear down:
//   sawtooth       live bytes fall by a third of their range and rise again, three times or more
//   constant       they stay within 15 % of their largest value
//   plateau        they do so from some time in the first six tenths of the run on
//   spike          the peak is twice the median or more, they are above half way between both for
//                  at most 15 % of the run, they come down again, and they rise from a level
//   growing        later values are larger than earlier ones (Kendall's tau 0.6 or more), and the
//                  last eighth of the body lies above the one before
//   rise and fall  they go up and down again, a fifth of the highest value or more, with no fall by
//                  a third of their range in between
//   irregular      none of them
// The confidence is the share of several looks at the same timeline (every second sample, a tenth
// less of it, stricter and laxer rules) that come to the same word. With fewer than 32 samples it
// is lower, unless most of the run is a pause, of which two samples tell all.
#ifndef MEMSHIM_ANALYZER_METRICS_COURSE_H_
#define MEMSHIM_ANALYZER_METRICS_COURSE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analyzer/model/profile.h"

namespace memshim::analyzer::metrics {

enum class Shape {
  kUnknown,  // no timeline, or too few samples
  kConstant,
  kPlateau,
  kGrowing,
  kSawtooth,
  kSpike,
  kRiseAndFall,
  kIrregular
};

struct Course {
  Shape shape = Shape::kUnknown;
  size_t samples = 0;
  double confidence = 0;  // 0 to 1
  // Of the body: the median of the slopes between all pairs of slices, in bytes by time unit. Of a
  // sawtooth: that of its low points.
  double slope = 0;
  uint64_t typical_bytes = 0;  // the median of the body; of a plateau, its height
  uint64_t since = 0;          // when a plateau begins
  size_t teeth = 0;            // of a sawtooth
  bool low_points_grow = false;
};

// `peak_bytes` was reached at `t_peak`, even if no sample caught it. A sample holds until the next.
Course FindCourse(const std::vector<model::TimelineSample>& timeline, uint64_t t_end,
                  uint64_t t_peak, uint64_t peak_bytes);

// The median of the slopes of all pairs; positions are 0, 1, 2, ... Robust against outliers.
double MedianSlope(const std::vector<double>& values);

// How much values rise with their position: 1 when each is larger than all before, -1 when each is
// smaller (Kendall's tau; equal pairs count as neither).
double RisingTendency(const std::vector<double>& values);

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_COURSE_H_
