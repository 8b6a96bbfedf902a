// Reading the program's stacks without trusting an address: only memory that the kernel has said
// is readable. A wrong frame description costs the rest of a stack and not the program.
// Context: hook. Locks: none. Allocates: no. Signals: guarded.
#ifndef MEMSHIM_SHIM_UNWIND_READABLE_H_
#define MEMSHIM_SHIM_UNWIND_READABLE_H_

#include <cstdint>

#include "shim/base/attributes.h"

namespace memshim::unwind {

// Whole pages of one stack, without holes, found readable one by one. Zero-filled memory is ready.
class Readable {
 public:
  // The word at `address`. False: it is not aligned, or not readable.
  MEMSHIM_INLINE bool Read(uint64_t address, uint64_t* value) {
    if (address % 8 != 0) [[unlikely]]
      return false;
    if (!Covers(address) && !Extend(address)) [[unlikely]]
      return false;
    *value = *reinterpret_cast<const uint64_t*>(address);
    return true;
  }

  // A walk begins at this stack pointer: forgets what it knows of another stack.
  void Begin(uint64_t stack_pointer) {
    if (!Covers(stack_pointer)) [[unlikely]]
      Extend(stack_pointer);
  }
  void Forget() {
    start_ = end_ = 0;
    ++moves_;
  }

  // Changes whenever pages were forgotten.
  uint32_t moves() const { return moves_; }

 private:
  bool Covers(uint64_t address) const { return address - start_ < end_ - start_; }
  // Includes the page of `address`, and pages between, or else begins anew with it.
  MEMSHIM_NOINLINE bool Extend(uint64_t address);

  uint64_t start_, end_;
  uint32_t moves_;
};

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_READABLE_H_
