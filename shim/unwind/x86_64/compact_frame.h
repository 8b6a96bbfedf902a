// Compact unwind information of this processor: see compact_unwind.h.
#ifndef MEMSHIM_SHIM_UNWIND_X86_64_COMPACT_FRAME_H_
#define MEMSHIM_SHIM_UNWIND_X86_64_COMPACT_FRAME_H_

#include "registers.h"
#include "shim/unwind/compact_unwind.h"

namespace memshim::unwind {

// Behind a call the return address is the highest word of the frame.
inline CompactFrame DecodeFrame(uint32_t encoding, const uint8_t* code, uint64_t code_bytes) {
  CompactFrame frame = DecodeX86_64(encoding, code, code_bytes);
  if (frame.kind == CompactFrame::Kind::kFromFramePointer ||
      frame.kind == CompactFrame::Kind::kFromStackPointer) {
    frame.Save(kReturnAddress, -8);
  }
  return frame;
}

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_X86_64_COMPACT_FRAME_H_
