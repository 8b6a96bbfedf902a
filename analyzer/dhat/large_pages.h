// Large pages for what takes many megabytes: a hundred thousand small ones take a quarter of a
// second to be made present. Used for the text of a profile and for its points.
#ifndef MEMSHIM_ANALYZER_DHAT_LARGE_PAGES_H_
#define MEMSHIM_ANALYZER_DHAT_LARGE_PAGES_H_

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace memshim::analyzer::dhat {

inline constexpr size_t kLargePage = size_t{2} << 20;

// Of those that lie wholly in the memory. Where the system has none, nothing changes.
inline void AskForLargePages(void* memory, size_t bytes) {
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(memory) + kLargePage - 1) & -kLargePage;
  const uintptr_t end = (reinterpret_cast<uintptr_t>(memory) + bytes) & -kLargePage;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_LARGE_PAGES_H_
