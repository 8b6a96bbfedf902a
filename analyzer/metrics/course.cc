// See course.h.
#include "analyzer/metrics/course.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "absl/types/span.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::metrics {
namespace {

using Values = std::vector<double>;
using Timeline = std::vector<model::TimelineSample>;

constexpr size_t kSlices = 64;
constexpr size_t kMinSamples = 8;
constexpr double kManySamples = 32;
constexpr double kMostOfTheRun = 0.8;
constexpr double kSetUpShare = 0.05;  // of the run, at each end

constexpr double kLevelRange = 0.15;
constexpr double kLastPlateauStart = 0.6;
constexpr double kToothRange = 1.0 / 3;
constexpr double kMinSawtoothRange = 0.2;  // of the largest value
constexpr size_t kMinTeeth = 3;
constexpr double kSpikeWidth = 0.15;
constexpr double kMinSpikeHeight = 2;  // times the median
constexpr double kMinTendency = 0.6;
constexpr double kMinRise = 0.2;  // of the largest value

// One way of looking at a timeline.
struct Look {
  size_t slices = kSlices;
  double start = 0, end = 1;  // the part of the run that is looked at
  size_t step = 1, first = 0;
  double strictness = 1;
};

// The first is the one whose answer counts; the others tell how sure it is.
constexpr Look kLooks[] = {
    {},
    {kSlices, 0, 1, 2, 0},
    {kSlices, 0, 1, 2, 1},
    {kSlices, 0, 0.9},
    {kSlices, 0.1, 1},
    {49, 0, 1},
    {97, 0, 1},
    {kSlices, 0, 1, 1, 0, 0.8},
    {kSlices, 0, 1, 1, 0, 1.25},
};

double Median(Values values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double MedianOf(const Values& values, size_t first, size_t last) {
  return Median(Values(values.begin() + static_cast<ptrdiff_t>(first),
                       values.begin() + static_cast<ptrdiff_t>(last)));
}

double RangeOf(absl::Span<const double> values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return values.empty() ? 0 : *most - *least;
}

// The body of the run as one look sees it: what was live in the middle of each slice.
struct Body {
  Values slices;
  Values samples;               // every sample in it: teeth may be finer than slices
  double start = 0, width = 0;  // times of the first slice and of one slice
};

// How long a sample holds.
uint64_t HeldFor(const Timeline& timeline, size_t i, uint64_t t_end) {
  const uint64_t end = i + 1 < timeline.size() ? timeline[i + 1].time : t_end;
  return end > timeline[i].time ? end - timeline[i].time : 0;
}

// The longest time in which nothing was allocated or freed, as far as samples tell: those at its
// beginning and its end are the same.
uint64_t LongestPause(const Timeline& timeline, uint64_t t_end) {
  uint64_t longest = 0;
  for (size_t i = 0; i + 1 < timeline.size(); ++i) {
    const model::TimelineSample &first = timeline[i], &second = timeline[i + 1];
    if (first.live_bytes != second.live_bytes || first.live_blocks != second.live_blocks) continue;
    longest = std::max(longest, HeldFor(timeline, i, t_end));
  }
  return longest;
}

Body BodyOf(const Timeline& timeline, uint64_t t_end, const Look& look) {
  Body body;
  const double run = static_cast<double>(t_end);
  body.start = run * std::max(look.start, kSetUpShare);
  const double end = run * std::min(look.end, 1 - kSetUpShare);
  body.width = (end - body.start) / static_cast<double>(look.slices);
  double current = 0;
  size_t next = 0;
  // A sample that holds for a slice is no matter of chance: each look sees it.
  const auto is_seen = [&](size_t i) {
    return i % look.step == look.first ||
           static_cast<double>(HeldFor(timeline, i, t_end)) >= body.width;
  };
  const auto advance_to = [&](double time, bool is_kept) {
    for (; next < timeline.size() && static_cast<double>(timeline[next].time) <= time; ++next) {
      if (!is_seen(next)) continue;
      current = static_cast<double>(timeline[next].live_bytes);
      if (is_kept) body.samples.push_back(current);
    }
  };
  advance_to(body.start, false);
  body.samples.push_back(current);
  for (size_t i = 0; i < look.slices; ++i) {
    advance_to(body.start + (static_cast<double>(i) + 0.5) * body.width, true);
    body.slices.push_back(current);
  }
  advance_to(end, true);
  return body;
}

// The low points between falls and rises of at least `height`.
Values LowPoints(const Values& samples, double height) {
  Values low_points;
  double low = samples.front(), high = samples.front();
  bool is_falling = false;
  for (const double value : samples) {
    if (is_falling) {
      low = std::min(low, value);
      if (value < low + height) continue;
      low_points.push_back(low);
      is_falling = false;
      high = value;
    } else {
      high = std::max(high, value);
      if (value > high - height) continue;
      is_falling = true;
      low = value;
    }
  }
  return low_points;
}

// The first slice from which on all values lie within `range` of each other.
size_t LevelSince(const Values& values, double range) {
  double least = values.back(), most = values.back();
  size_t since = values.size() - 1;
  for (size_t i = values.size(); i-- > 0;) {
    least = std::min(least, values[i]);
    most = std::max(most, values[i]);
    if (most - least > range) break;
    since = i;
  }
  return since;
}

bool IsGrowing(const Values& values, double strictness) {
  const size_t eighth = std::max<size_t>(values.size() / 8, 1);
  const size_t n = values.size();
  if (n < kMinSamples) return false;
  const double most = *std::max_element(values.begin(), values.end());
  const double rise = MedianOf(values, n - eighth, n) - MedianOf(values, 0, eighth);
  return RisingTendency(values) >= kMinTendency * strictness &&
         rise >= kMinRise * most * strictness &&
         MedianOf(values, n - eighth, n) > MedianOf(values, n - 2 * eighth, n - eighth);
}

// Requires: there are no low points between, so that it goes up and then down.
bool RisesAndFalls(const Values& values, double strictness) {
  const double top = *std::max_element(values.begin(), values.end());
  return top - std::max(values.front(), values.back()) >= kMinRise * top * strictness;
}

bool IsSpike(const Values& values, double peak, double last, double strictness) {
  const double median = Median(values);
  if (peak < kMinSpikeHeight * strictness * median) return false;
  const double half = median + (peak - median) / 2;
  const auto is_high = [half](double value) { return value > half; };
  // What stands above a slope is its top.
  Values base = values;
  std::erase_if(base, is_high);
  std::sort(base.begin(), base.end());
  if (base.empty() || base[base.size() * 9 / 10] - base[base.size() / 10] > median) return false;
  const auto high = std::count_if(values.begin(), values.end(), is_high);
  // Still up there at the end, it is not known to come down.
  return !is_high(values.back()) && !is_high(last) &&
         static_cast<double>(high) <= kSpikeWidth * static_cast<double>(values.size()) / strictness;
}

Course Judge(const Timeline& timeline, uint64_t t_end, double peak, const Look& look) {
  Course course;
  const Body body = BodyOf(timeline, t_end, look);
  const Values& values = body.slices;
  const double most = *std::max_element(body.samples.begin(), body.samples.end());
  const double range = RangeOf(body.samples);
  const double slope_scale = body.width > 0 ? 1 / body.width : 0;
  course.typical_bytes = model::SaturatingCast(Median(values));
  course.slope = MedianSlope(values) * slope_scale;
  const Values low_points = LowPoints(body.samples, kToothRange * look.strictness * range);
  const auto last = static_cast<double>(timeline.back().live_bytes);
  const double level = kLevelRange / look.strictness * most;
  const size_t since = LevelSince(values, level);
  if (low_points.size() >= kMinTeeth && range >= kMinSawtoothRange * look.strictness * most) {
    course.shape = Shape::kSawtooth;
    course.teeth = low_points.size();
    const double teeth_in_body = static_cast<double>(low_points.size());
    const double body_time = body.width * static_cast<double>(values.size());
    course.slope = body_time > 0 ? MedianSlope(low_points) * teeth_in_body / body_time : 0;
    course.low_points_grow = RisingTendency(low_points) >= kMinTendency &&
                             low_points.back() - low_points.front() >= kMinRise * most;
  } else if (IsSpike(values, peak, last, look.strictness)) {
    course.shape = Shape::kSpike;
  } else if (since == 0) {
    course.shape = Shape::kConstant;
  } else if (IsGrowing(values, look.strictness) &&
             static_cast<double>(since) > kLastPlateauStart * static_cast<double>(values.size())) {
    course.shape = Shape::kGrowing;
  } else if (static_cast<double>(since) <= kLastPlateauStart * static_cast<double>(values.size())) {
    course.shape = Shape::kPlateau;
    course.since = model::SaturatingCast(body.start + static_cast<double>(since) * body.width);
    course.typical_bytes = model::SaturatingCast(MedianOf(values, since, values.size()));
  } else if (low_points.empty() && RisesAndFalls(values, look.strictness)) {
    course.shape = Shape::kRiseAndFall;
  } else {
    course.shape = Shape::kIrregular;
  }
  return course;
}

}  // namespace

double MedianSlope(const std::vector<double>& values) {
  Values slopes;
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = i + 1; j < values.size(); ++j) {
      slopes.push_back((values[j] - values[i]) / static_cast<double>(j - i));
    }
  }
  return Median(std::move(slopes));
}

double RisingTendency(const std::vector<double>& values) {
  int64_t rising = 0, pairs = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = i + 1; j < values.size(); ++j) {
      rising += values[j] > values[i] ? 1 : values[j] < values[i] ? -1 : 0;
      ++pairs;
    }
  }
  return pairs == 0 ? 0 : static_cast<double>(rising) / static_cast<double>(pairs);
}

Course FindCourse(const std::vector<model::TimelineSample>& timeline, uint64_t t_end,
                  uint64_t t_peak, uint64_t peak_bytes) {
  Course course;
  course.samples = timeline.size();
  if (t_end == 0) return course;
  const double known = std::min(
      1.0, static_cast<double>(LongestPause(timeline, t_end)) / static_cast<double>(t_end));
  if (timeline.size() < kMinSamples && known < kMostOfTheRun) return course;
  const double peak = static_cast<double>(peak_bytes);
  course = Judge(timeline, t_end, peak, kLooks[0]);
  course.samples = timeline.size();
  if (course.shape == Shape::kSpike) course.since = t_peak;
  size_t same = 0;
  for (const Look& look : kLooks) {
    same += Judge(timeline, t_end, peak, look).shape == course.shape ? 1 : 0;
  }
  const double agreement = static_cast<double>(same) / static_cast<double>(std::size(kLooks));
  const double told = std::min(1.0, static_cast<double>(timeline.size()) / kManySamples);
  course.confidence = agreement * std::max(told, known);
  return course;
}

}  // namespace memshim::analyzer::metrics
