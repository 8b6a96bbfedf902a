// See readable.h.
#include "shim/unwind/readable.h"

#include <cerrno>

#include "shim/base/memory.h"
#include "shim/base/restricted.h"

namespace memshim::unwind {
namespace {

// Asks the kernel to read a word on our behalf: to wait for no time at all while it has some value.
// It reports EFAULT where it cannot read it. Allowed by every filter that lets a C library work.
bool ProbePage(uint64_t page) {
  constexpr uint32_t kUnlikely = 0x9e3779b9;
  const struct timespec no_time = {};
  return !base::g_is_restricted && base::SysFutexWait(reinterpret_cast<const uint32_t*>(page),
                                                      kUnlikely, &no_time) != -EFAULT;
}

uint64_t PageOf(uint64_t address) { return address & ~uint64_t{base::kPageBytes - 1}; }

// All pages from `first` on, before `end`.
bool ProbePages(uint64_t first, uint64_t end) {
  while (first < end && ProbePage(first)) first += base::kPageBytes;
  return first >= end;
}

}  // namespace

bool Readable::AreThere(uint64_t address, uint64_t words) {
  return ProbePages(PageOf(address), address + words * kWordBytes);
}

Readable Readable::With(Readable readable, uint64_t address) {
  // Frames may be larger than a page. Further away it is another stack.
  constexpr uint64_t kFarthest = 64 * base::kPageBytes;
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
