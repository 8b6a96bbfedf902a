// See readable.h.
#include "shim/unwind/readable.h"

#include <cerrno>

#include "shim/base/memory.h"
#include "shim/base/restricted.h"

namespace memshim::unwind {
namespace {

// Asks the kernel to read a word on our behalf: with an unknown first argument it reports EFAULT
// where it cannot read the set, and changes nothing where it can. Allowed by every seccomp filter
// that lets a C library work.
bool ProbePage(uint64_t page) {
  return !base::g_is_restricted &&
         base::RawSyscall(SYS_rt_sigprocmask, -1, static_cast<long>(page), 0, 8) == -EINVAL;
}

// All pages from `first` on, before `end`.
bool ProbePages(uint64_t first, uint64_t end) {
  while (first < end && ProbePage(first)) first += base::kPageBytes;
  return first >= end;
}

}  // namespace

bool Readable::Extend(uint64_t address) {
  // Frames may be larger than a page. Further away it is another stack.
  constexpr uint64_t kFarthest = 64 * base::kPageBytes;
  const uint64_t page = address & ~uint64_t{base::kPageBytes - 1};
  const uint64_t page_end = page + base::kPageBytes;
  if (end_ != 0 && page >= end_ && page - end_ < kFarthest && ProbePages(end_, page_end)) {
    end_ = page_end;
  } else if (page_end <= start_ && start_ - page_end < kFarthest && ProbePages(page, start_)) {
    start_ = page;
  } else if (ProbePage(page)) {
    Forget();
    start_ = page;
    end_ = page_end;
  } else {
    return false;
  }
  return true;
}

}  // namespace memshim::unwind
