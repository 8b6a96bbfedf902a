// The figures of a point that memshim alone records, as keys of the point:
//   "temporaryBytes", "temporaryBlocks", "slackBytes", "remoteBlocks", "lateFreedBytes": N if not 0
//   "threads": N if not 1
//   "resizes": [moved, settled, moved bytes] if there were any
//   "requestRange": [smallest, largest] if they differ
//   "requestSizes": [bit width, blocks, ...] by rising width if there is more than one
//   "lifetimes": [bit width, blocks, ...] by rising width if any block died
//   "momentBytes": [bytes, ...] up to the last that differs from those at the end
// One file for the writer and the reader, so that what one leaves out the other puts back.
#ifndef MEMSHIM_ANALYZER_DHAT_POINT_DETAILS_H_
#define MEMSHIM_ANALYZER_DHAT_POINT_DETAILS_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "analyzer/dhat/json_input.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::dhat {

// Reads one of the keys above into `counters`; any other is left alone. `point` counts from 1.
absl::Status ReadDetail(const JsonInput& input, absl::string_view key, JsonValue value,
                        uint64_t point, model::Counters* counters);

// Puts back what the writer left out. Requires: a point with figures of Profile::has_details.
void CompleteDetails(model::Counters* counters);

// True where every request had the same size, so that the totals tell it.
inline bool HasOneSize(const model::Counters& c) { return c.smallest_request == c.largest_request; }

// [index, figure, ...] of the figures that are not 0.
std::vector<uint64_t> SparseList(const std::vector<uint64_t>& figures);

// Writes the keys of a point whose object is open. `Json` is a JsonWriter.
template <typename Json>
void WriteDetails(const model::Counters& c, Json* json) {
  json->NumberIfKnown("temporaryBytes", c.temporary_bytes);
  json->NumberIfKnown("temporaryBlocks", c.temporary_blocks);
  json->NumberIfKnown("slackBytes", c.slack_bytes);
  json->NumberIfKnown("remoteBlocks", c.remote_blocks);
  json->NumberIfKnown("lateFreedBytes", c.late_freed_bytes);
  if (c.threads > 1) json->Number("threads", c.threads);
  if (c.moved_resizes != 0 || c.settled_resizes != 0 || c.moved_bytes != 0) {
    json->Key("resizes");
    json->Row({c.moved_resizes, c.settled_resizes, c.moved_bytes});
  }
  if (!HasOneSize(c)) {
    json->Key("requestRange");
    json->Row({c.smallest_request, c.largest_request});
  }
  const std::vector<uint64_t> sizes = SparseList(c.request_sizes);
  if (sizes.size() > 2) json->NumberList("requestSizes", sizes);
  if (!c.lifetimes.empty()) json->NumberList("lifetimes", SparseList(c.lifetimes));
  if (!c.moment_bytes.empty()) json->NumberList("momentBytes", c.moment_bytes);
}

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_POINT_DETAILS_H_
