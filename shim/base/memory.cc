// See memory.h.
#include "shim/base/memory.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

namespace memshim::base {

void* MapPrivate(size_t bytes) {
  bytes = RoundUp(bytes, kPageBytes);
  const long at =
      SysMmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (IsError(at)) return nullptr;
  void* result = reinterpret_cast<void*>(at);
  // Without it (Linux before 4.14, some sandboxes) a forked child would write into the parent's
  // figures: better none at all.
  if (IsError(SysMadvise(result, bytes, MADV_WIPEONFORK))) {
    SysMunmap(result, bytes);
    return nullptr;
  }
  SysMadvise(result, bytes, MADV_DONTDUMP);
  return result;
}

void* Arena::Allocate(size_t bytes) {
  bytes = RoundUp(bytes, 64);
  if (bytes > kChunkBytes / 4) return MapPrivate(bytes);
  LockScope scope(lock_);
  if (!scope.ok()) return nullptr;
  if (bytes > left_) {
    void* chunk = MapPrivate(kChunkBytes);
    if (chunk == nullptr) return nullptr;
    next_ = static_cast<char*>(chunk);
    left_ = kChunkBytes;
  }
  void* result = next_;
  next_ += bytes;
  left_ -= bytes;
  return result;
}

}  // namespace memshim::base
