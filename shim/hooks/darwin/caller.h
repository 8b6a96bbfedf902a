// MEMSHIM_CALLER for macOS, where the frame record (the caller's frame pointer and the return
// address) is the highest part of a frame on both processors. (clang's __builtin_dwarf_cfa gives
// the record's own address on arm64: tests/macos looks at the code.)
#ifndef MEMSHIM_SHIM_HOOKS_DARWIN_CALLER_H_
#define MEMSHIM_SHIM_HOOKS_DARWIN_CALLER_H_

#include "registers.h"

#undef MEMSHIM_CALLER
#define MEMSHIM_CALLER                                                                           \
  (memshim::unwind::FrameState{                                                                  \
      memshim::unwind::CodeAddress(reinterpret_cast<uint64_t>(__builtin_return_address(0))) - 1, \
      reinterpret_cast<uint64_t>(__builtin_frame_address(0)) + 16,                               \
      *static_cast<const uint64_t*>(__builtin_frame_address(0))})

#endif  // MEMSHIM_SHIM_HOOKS_DARWIN_CALLER_H_
