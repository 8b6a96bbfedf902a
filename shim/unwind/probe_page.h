// Whether memory can be read, without trying it.
// Context: hook (slow path). Locks: none. Allocates: no. Signals: safe.
#ifndef MEMSHIM_SHIM_UNWIND_PROBE_PAGE_H_
#define MEMSHIM_SHIM_UNWIND_PROBE_PAGE_H_

#include <cstdint>

namespace memshim::unwind {

// `page`: where a unit of base::kPageBytes begins. False also where the kernel may not be asked.
bool ProbePage(uint64_t page);

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_PROBE_PAGE_H_
