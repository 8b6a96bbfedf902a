// Reads one element of the array of program points.
// Keys may come in any order and the flags that say which are needed may come after the points,
// so a point is read with a note of what it had, and the reader checks that at the end.
#ifndef MEMSHIM_ANALYZER_DHAT_POINT_READER_H_
#define MEMSHIM_ANALYZER_DHAT_POINT_READER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "analyzer/dhat/json_input.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::dhat {

// A set of keys of a point; bit i stands for the i-th key of a table in point_reader.cc.
using PointKeys = uint32_t;

// Reads the points of one file, which are much alike.
class PointReader {
 public:
  explicit PointReader(const JsonInput& input) : input_(input) {}

  // Puts into `point` what `value` holds; `number` counts from 1.
  absl::Status Read(JsonValue value, uint64_t number, model::Point* point, PointKeys* keys);

  // Of the indices into the frame table that were read; 0: none.
  uint32_t largest_frame() const { return largest_frame_; }

 private:
  absl::Status ReadField(absl::string_view key, JsonValue value, uint64_t number,
                         model::Point* point, PointKeys* keys);
  absl::Status ReadFrames(JsonValue value, uint64_t number, model::Point* point);

  const JsonInput& input_;
  size_t next_key_ = 0;           // where the next key is looked for first
  std::vector<uint32_t> frames_;  // of one stack, whose length is known only at its end
  uint32_t largest_frame_ = 0;
};

// The first key that a point of such a file must have and that `keys` lacks; empty if none.
// Lifetimes are not asked for: DHAT's own viewer loads files without them.
absl::string_view FindMissingKey(PointKeys keys, bool has_lifetimes, bool has_accesses);

bool HasLifetimeSum(PointKeys keys);

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_POINT_READER_H_
