// Private memory of the shim: straight from mmap, empty again in a forked child.
//
// After a fork the child finds zeros, that is, the state of a process that has recorded nothing and
// holds no lock. How, is the platform's: memory_linux.cc, memory_darwin.cc.
// Context: hook. Locks: none. Allocates: mmap. Signals: safe.
#ifndef MEMSHIM_SHIM_BASE_MEMORY_H_
#define MEMSHIM_SHIM_BASE_MEMORY_H_

#include "shim/base/lock.h"
#include "system_calls.h"

namespace memshim::base {

// The smallest pages there are: what is mapped has whole ones of those that the kernel has
// (kLargestPageBytes at most), which rounds up by itself.
inline constexpr size_t kPageBytes = 4096;

inline constexpr size_t RoundUp(size_t bytes, size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

// Zero-filled memory of whole pages, wiped in forked children and left out of core files; null
// when the system gives none.
void* MapPrivate(size_t bytes);
// The same for a hash's table, whose pages will all be in use at once: they are made present
// together, which costs a third of reading and then writing to each, and are huge ones where there
// is room for some.
void* MapPrivateForHash(size_t bytes);
void UnmapPrivate(void* at, size_t bytes);

// Goes through all these mappings. False: not all are known; none has been visited.
bool VisitPrivate(void (*visit)(void* at, size_t bytes));

// Sees to it that a fresh mapping is wiped in forked children. False: it cannot be.
bool PreparePrivate(void* at, size_t bytes);

// Whether children of the next forks get copies of all these mappings or zeros. Copies are for one
// case: a signal handler that forks while its thread is inside a hook, which goes on in the child
// when the handler returns. Context: fork. False: not all mappings are known; nothing is changed.
bool KeepPrivateOnFork(bool is_kept);

// In a forked child, before its first mapping: what another thread of the parent may have held at
// the fork is free again. Requires: the child has one thread.
void RenewAfterFork();

// In a forked child that has found copies where zeros are promised (qemu-user before 8.0 says that
// it wipes, and does not): makes zeros of them.
void WipePrivate();

// Hands out pieces that are never given back. Zero-filled memory is an empty arena.
class Arena {
 public:
  // Zero-filled, 64-byte aligned; null when the system gives no more memory. Thread-safe.
  void* Allocate(size_t bytes);

 private:
  static constexpr size_t kChunkBytes = size_t{256} << 10;

  Lock lock_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_MEMORY_H_
