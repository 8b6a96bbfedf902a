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

}  // namespace

bool Readable::Extend(uint64_t address) {
  const uint64_t page = address & ~uint64_t{base::kPageBytes - 1};
  if (!ProbePage(page)) return false;
  if (page == end_) {
    end_ += base::kPageBytes;
  } else if (page + base::kPageBytes == start_) {
    start_ = page;
  } else {  // another stack
    Forget();
    start_ = page;
    end_ = page + base::kPageBytes;
  }
  return true;
}

}  // namespace memshim::unwind
