// Compact unwind information of this processor: see compact_unwind.h.
#ifndef MEMSHIM_SHIM_UNWIND_AARCH64_COMPACT_FRAME_H_
#define MEMSHIM_SHIM_UNWIND_AARCH64_COMPACT_FRAME_H_

#include "shim/unwind/compact_unwind.h"

namespace memshim::unwind {

inline CompactFrame DecodeFrame(uint32_t encoding, const uint8_t*, uint64_t) {
  return DecodeArm64(encoding);
}

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_AARCH64_COMPACT_FRAME_H_
