// See probe_page.h.
#include <sys/auxv.h>

#include <atomic>
#include <cerrno>

#include "shim/base/memory.h"
#include "shim/base/restricted.h"
#include "shim/unwind/probe_page.h"
#include "system_calls.h"

namespace memshim::unwind {
namespace {

uint64_t PageOf(uint64_t address) { return address & ~uint64_t{base::kPageBytes - 1}; }

// Where the main thread's stack ends: there the kernel has put the program's name.
uint64_t EndOfMainStack() {
  static std::atomic<uint64_t> known;  // relaxed: whoever comes finds out the same
  uint64_t end = known.load(std::memory_order_relaxed);
  if (end == 0) [[unlikely]] {
    end = PageOf(getauxval(AT_EXECFN)) + base::kPageBytes;
    known.store(end, std::memory_order_relaxed);
  }
  return end;
}

// On the main thread's stack, between where it is in use and its end: nobody can unmap that and
// return. Whoever runs within kReach of its end runs on it: the kernel keeps the 128 MB below it
// free of other mappings (mmap_base in its sources). Of other threads' stacks the bounds are not
// known without asking.
bool IsOnMainStackInUse(uint64_t page) {
  constexpr uint64_t kReach = 64 << 20;
  const uint64_t end = EndOfMainStack();
  const uint64_t used = PageOf(reinterpret_cast<uint64_t>(__builtin_frame_address(0)));
  return page - used < end - used && end - used <= kReach;
}

}  // namespace

// Asks the kernel to read a word on our behalf. It reports EFAULT where it cannot. Allowed by every
// filter that lets a C library work.
bool ProbePage(uint64_t page) {
  return IsOnMainStackInUse(page) ||
         (!base::IsRestricted() &&
          base::SysFutexRead(reinterpret_cast<const uint32_t*>(page)) != -EFAULT);
}

}  // namespace memshim::unwind
