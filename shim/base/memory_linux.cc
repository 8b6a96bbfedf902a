// How private memory is wiped in forked children, for Linux: the kernel does it, for every kind of
// fork. See memory.h.
#include "shim/base/memory.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#define MADV_KEEPONFORK 19
#endif

namespace memshim::base {

bool PreparePrivate(void* at, size_t bytes) {
  // Without it (Linux before 4.14, some sandboxes) a forked child would write into the parent's
  // figures: better none at all.
  if (IsError(SysMadvise(at, bytes, MADV_WIPEONFORK))) return false;
  SysMadvise(at, bytes, MADV_DONTDUMP);
  return true;
}

bool KeepPrivateOnFork(bool is_kept) {
  return VisitPrivate(is_kept
                          ? [](void* at, size_t bytes) { SysMadvise(at, bytes, MADV_KEEPONFORK); }
                          : [](void* at, size_t bytes) { SysMadvise(at, bytes, MADV_WIPEONFORK); });
}

}  // namespace memshim::base
