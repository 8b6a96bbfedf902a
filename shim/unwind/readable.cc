// See readable.h.
#include "shim/unwind/readable.h"

#include "shim/base/memory.h"
#include "shim/unwind/probe_page.h"

namespace memshim::unwind {
namespace {

// All pages from `first` on, before `end`.
bool ProbePages(uint64_t first, uint64_t end) {
  while (first < end && ProbePage(first)) first += base::kPageBytes;
  return first >= end;
}

}  // namespace

uint64_t Readable::Asked::Ask(uint64_t first, uint64_t last) {
  return ProbePages(first, last + base::kPageBytes) ? last : 0;
}

Readable Readable::With(Readable readable, uint64_t address) {
  // Frames may be larger than a page: 4 MiB, as stacks have 8. Further away it is another stack.
  constexpr uint64_t kFarthest = 1024 * base::kPageBytes;
  const uint64_t page = PageOf(address);
  const uint64_t page_end = page + base::kPageBytes;
  const uint64_t start = readable.start_, end = readable.end();
  if (address % kWordBytes != 0) return readable;
  if (end != 0 && page >= end && page - end < kFarthest && ProbePages(end, page_end)) {
    readable.words_ = (page_end - start) >> kWordShift;
  } else if (page_end <= start && start - page_end < kFarthest && ProbePages(page, start)) {
    readable.start_ = page;
    readable.words_ = (end - page) >> kWordShift;
  } else if (ProbePage(page)) {
    readable.Forget();
    readable.start_ = page;
    readable.words_ = base::kPageBytes >> kWordShift;
  }
  return readable;
}

}  // namespace memshim::unwind
