// See probe_page.h.
#include <cerrno>

#include "shim/base/restricted.h"
#include "shim/unwind/probe_page.h"
#include "system_calls.h"

namespace memshim::unwind {

// Asks the kernel to read a word on our behalf. It reports EFAULT where it cannot. Allowed by every
// filter that lets a C library work.
bool ProbePage(uint64_t page) {
  return !base::IsRestricted() &&
         base::SysFutexRead(reinterpret_cast<const uint32_t*>(page)) != -EFAULT;
}

}  // namespace memshim::unwind
