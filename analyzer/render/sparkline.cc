// See sparkline.h.
#include "analyzer/render/sparkline.h"

#include <algorithm>
#include <cmath>

namespace memshim::analyzer::render {
namespace {

constexpr const char* kUnicodeLevels[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr const char* kAsciiLevels[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
constexpr size_t kTopLevel = std::size(kUnicodeLevels) - 1;

size_t SliceOf(uint64_t time, uint64_t t_end, size_t width) {
  const double share =
      static_cast<double>(time) / static_cast<double>(std::max<uint64_t>(t_end, 1));
  return std::min(static_cast<size_t>(share * static_cast<double>(width)), width - 1);
}

std::string Draw(const std::vector<uint64_t>& slices, bool unicode) {
  if (slices.empty()) return "";
  const uint64_t top = *std::max_element(slices.begin(), slices.end());
  std::string line;
  for (uint64_t value : slices) {
    const double share =
        static_cast<double>(value) / static_cast<double>(std::max<uint64_t>(top, 1));
    // Rounded up: only nothing at all looks like nothing.
    const size_t level =
        std::min(static_cast<size_t>(std::ceil(share * static_cast<double>(kTopLevel))), kTopLevel);
    line += unicode ? kUnicodeLevels[level] : kAsciiLevels[level];
  }
  return line;
}

}  // namespace

std::string Sparkline(const std::vector<model::TimelineSample>& timeline, uint64_t t_end,
                      uint64_t t_peak, uint64_t peak, size_t width, bool unicode) {
  if (timeline.empty() || width == 0) return "";
  std::vector<uint64_t> slices(width, 0);
  size_t next = 0;       // the first slice that no sample has reached yet
  uint64_t current = 0;  // live bytes since the latest sample
  for (const model::TimelineSample& sample : timeline) {
    const size_t slice = SliceOf(sample.time, t_end, width);
    for (; next <= slice; ++next) slices[next] = std::max(slices[next], current);
    current = sample.live_bytes;
    slices[slice] = std::max(slices[slice], current);
  }
  for (; next < width; ++next) slices[next] = std::max(slices[next], current);
  uint64_t& at_peak = slices[SliceOf(t_peak, t_end, width)];
  at_peak = std::max(at_peak, peak);

  return Draw(slices, unicode);
}

std::string Bars(const std::vector<uint64_t>& values, size_t width, bool unicode) {
  if (values.size() <= width) return Draw(values, unicode);
  std::vector<uint64_t> slices(width, 0);
  for (size_t i = 0; i < values.size(); ++i) {
    uint64_t& slice = slices[i * width / values.size()];
    slice = std::max(slice, values[i]);
  }
  return Draw(slices, unicode);
}

}  // namespace memshim::analyzer::render
