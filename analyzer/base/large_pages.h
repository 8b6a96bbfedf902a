// Large pages for what takes many megabytes: to be made present, as many bytes in small ones take
// ten times as long, and fifty times on some virtual machines.
#ifndef MEMSHIM_ANALYZER_BASE_LARGE_PAGES_H_
#define MEMSHIM_ANALYZER_BASE_LARGE_PAGES_H_

#include <malloc.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace memshim::analyzer {

inline constexpr size_t kLargePage = size_t{2} << 20;

// Of those that lie wholly in the memory. Where the system has none, nothing changes.
inline void AskForLargePages(void* memory, size_t bytes) {
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(memory) + kLargePage - 1) & -kLargePage;
  const uintptr_t end = (reinterpret_cast<uintptr_t>(memory) + bytes) & -kLargePage;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

// About `bytes` will be allocated, or less: the heap gets their addresses at once, to be made
// present as large pages where they are used, and keeps what it gets until the process ends.
// Where so much is not to be had, nothing changes. Thread-unsafe.
inline void PrepareHeapFor(size_t bytes) {
  static size_t prepared = 0;
  if (bytes <= prepared) return;
  constexpr size_t kWorthIt = 8 * kLargePage;
  constexpr int kDefaultMmapMax = 65536;  // glibc's
  if (bytes < kWorthIt) return;
  prepared = bytes;
  mallopt(M_MMAP_MAX, 0);         // no memory apart for large blocks
  mallopt(M_TRIM_THRESHOLD, -1);  // nothing given back
  void* const heap = malloc(bytes);
  if (heap == nullptr) {
    mallopt(M_MMAP_MAX, kDefaultMmapMax);
  } else {
    AskForLargePages(heap, bytes);
    free(heap);
  }
}

}  // namespace memshim::analyzer

#endif  // MEMSHIM_ANALYZER_BASE_LARGE_PAGES_H_
