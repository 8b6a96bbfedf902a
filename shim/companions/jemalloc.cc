// libmemshim_jemalloc.so: the functions of jemalloc's own interface that make, resize and free
// blocks. (sallocx and nallocx only ask.) See companion.h.
#include <cstddef>

#include "shim/companions/companion.h"

using memshim::companions::Function;
using memshim::companions::Real;
using memshim::unwind::FrameState;

namespace {

struct Resize {
  void* (*function)(void*, size_t, int);
  void* block;
  size_t size;
  int flags;
};

void* CallResize(void* arguments) {
  const Resize* resize = static_cast<const Resize*>(arguments);
  return resize->function(resize->block, resize->size, resize->flags);
}

void* StayInPlace(void* block) { return block; }

}  // namespace

extern "C" {

MEMSHIM_EXPORT void* mallocx(size_t size, int flags) {
  static constinit Real<void* (*)(size_t, int)> found = {};
  const auto real = found.Of("mallocx");
  const FrameState caller = MEMSHIM_CALLER;
  if (!real.is_told || !memshim_companion_enters(caller.pc)) return real.function(size, flags);
  void* block = real.function(size, flags);
  memshim_companion_allocated(Function::kMallocx, block, size, &caller);
  return block;
}

MEMSHIM_EXPORT void* rallocx(void* block, size_t size, int flags) {
  static constinit Real<void* (*)(void*, size_t, int)> found = {};
  const auto real = found.Of("rallocx");
  if (!real.is_told) return real.function(block, size, flags);
  const FrameState caller = MEMSHIM_CALLER;
  Resize resize = {real.function, block, size, flags};
  return memshim_companion_resizes(Function::kRallocx, block, size, &caller, CallResize, &resize);
}

// Resizes in place or not at all, and tells the size that came out. That it did not is no failed
// request.
MEMSHIM_EXPORT size_t xallocx(void* block, size_t size, size_t extra, int flags) {
  static constinit Real<size_t (*)(void*, size_t, size_t, int)> found = {};
  const auto real = found.Of("xallocx");
  const size_t usable = real.function(block, size, extra, flags);
  const FrameState caller = MEMSHIM_CALLER;
  if (real.is_told && usable >= size) {
    memshim_companion_resizes(Function::kRallocx, block, size, &caller, StayInPlace, block);
  }
  return usable;
}

MEMSHIM_EXPORT void dallocx(void* block, int flags) {
  static constinit Real<void (*)(void*, int)> found = {};
  const auto real = found.Of("dallocx");
  memshim::companions::Free(real, MEMSHIM_CALLER_PC, block, flags);
}

MEMSHIM_EXPORT void sdallocx(void* block, size_t size, int flags) {
  static constinit Real<void (*)(void*, size_t, int)> found = {};
  const auto real = found.Of("sdallocx");
  memshim::companions::Free(real, MEMSHIM_CALLER_PC, block, size, flags);
}

}  // extern "C"
