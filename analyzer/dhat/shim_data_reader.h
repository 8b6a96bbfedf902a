// Reads memshim's own data (shim_data.h) back from a DHAT file.
// A file of a newer schema is read as far as it is understood.
#ifndef MEMSHIM_ANALYZER_DHAT_SHIM_DATA_READER_H_
#define MEMSHIM_ANALYZER_DHAT_SHIM_DATA_READER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "analyzer/dhat/json_input.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::dhat {

// What the object says about frames: applied once the frame table is known.
struct FrameExtras {
  std::vector<uint32_t> modules;  // one for each frame; model::kNoModule: none
  std::vector<uint32_t> inlined;  // indices of inlined frames
};

absl::Status ReadShimData(const JsonInput& input, JsonValue value, model::Profile* profile,
                          FrameExtras* extras);

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_SHIM_DATA_READER_H_
