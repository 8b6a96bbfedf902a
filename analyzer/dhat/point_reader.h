// Reads one element of the array of program points.
// Keys may come in any order and the flags that say which are needed may come after the points,
// so a point is read with a note of what it had, and the reader checks that at the end.
#ifndef MEMSHIM_ANALYZER_DHAT_POINT_READER_H_
#define MEMSHIM_ANALYZER_DHAT_POINT_READER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "analyzer/dhat/json_input.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::dhat {

// A set of keys of a point; bit i stands for the i-th key of a table in point_reader.cc.
using PointKeys = uint32_t;

// Appends to `point` what `value` holds; `number` counts from 1.
absl::Status ReadPoint(const JsonInput& input, JsonValue value, uint64_t number,
                       model::Point* point, PointKeys* keys);

// The first key that a point of such a file must have and that `keys` lacks; empty if none.
// Lifetimes are not asked for: DHAT's own viewer loads files without them.
absl::string_view FindMissingKey(PointKeys keys, bool has_lifetimes, bool has_accesses);

bool HasLifetimeSum(PointKeys keys);

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_POINT_READER_H_
