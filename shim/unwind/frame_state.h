// What compact rules need to know of a frame.
#ifndef MEMSHIM_SHIM_UNWIND_FRAME_STATE_H_
#define MEMSHIM_SHIM_UNWIND_FRAME_STATE_H_

#include <cstdint>

namespace memshim::unwind {

struct FrameState {
  uint64_t pc;  // to look up: the return address less one
  uint64_t stack_pointer;
  uint64_t frame_pointer;
};

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_FRAME_STATE_H_
