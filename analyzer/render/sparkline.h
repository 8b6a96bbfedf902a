// Curves in one line of text: the height of each character is the largest value of its slice.
#ifndef MEMSHIM_ANALYZER_RENDER_SPARKLINE_H_
#define MEMSHIM_ANALYZER_RENDER_SPARKLINE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/model/profile.h"

namespace memshim::analyzer::render {

// `width` characters for the time from 0 to `t_end`. A sample holds until the next one. `peak`
// with its time is drawn even if no sample caught it. Empty if there are no samples.
std::string Sparkline(const std::vector<model::TimelineSample>& timeline, uint64_t t_end,
                      uint64_t t_peak, uint64_t peak, size_t width, bool unicode);

// A character for each of at most `width` values: the largest fills its whole height, 0 is empty.
// More values than that are put together, the largest of each slice.
std::string Bars(const std::vector<uint64_t>& values, size_t width, bool unicode);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_SPARKLINE_H_
