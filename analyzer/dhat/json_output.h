// A profile as JSON text, piece by piece into a sink; never the whole text in memory.
// Used to write files and, with a sink that only counts, to know how large a file would become.
#ifndef MEMSHIM_ANALYZER_DHAT_JSON_OUTPUT_H_
#define MEMSHIM_ANALYZER_DHAT_JSON_OUTPUT_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "analyzer/dhat/sink_stream.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::dhat {

class CountingSink : public ByteSink {
 public:
  void Write(absl::string_view bytes) override { count_ += bytes.size(); }
  uint64_t count() const { return count_; }

 private:
  uint64_t count_ = 0;
};

// Serializes `profile`, which must have gone through FitStacks().
void WriteJson(const model::Profile& profile, ByteSink* sink);

// The same without points, frames, and what is written once for each frame.
void WriteJsonFrame(const model::Profile& profile, ByteSink* sink);

// Upper bounds, close ones, of what one frame and one point add to the text. The indices in a
// point's stack are counted as if each had `index_digits` digits.
uint64_t FrameJsonBytes(const model::Frame& frame);
uint64_t PointJsonBytes(const model::Counters& counters, size_t stack_frames, int index_digits,
                        bool has_accesses, bool max_is_lower_bound);
int DecimalDigits(uint64_t number);

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_JSON_OUTPUT_H_
