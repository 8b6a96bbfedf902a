// Reading the program's stacks without trusting an address: only memory that the kernel has said
// is readable. A wrong frame description costs the rest of a stack and not the program.
// Context: hook. Locks: none. Allocates: no. Signals: guarded.
#ifndef MEMSHIM_SHIM_UNWIND_READABLE_H_
#define MEMSHIM_SHIM_UNWIND_READABLE_H_

#include <bit>
#include <cstdint>

#include "shim/base/attributes.h"
#include "shim/base/memory.h"

namespace memshim::unwind {

// Whole pages of one stack, without holes, found readable one by one. Zero-filled memory is ready.
class Readable {
 public:
  // The word at `address`. False: it is not aligned, or not readable.
  MEMSHIM_INLINE bool Read(uint64_t address, uint64_t* value) {
    if (!Covers(address) && !Include(address)) [[unlikely]]
      return false;
    *value = *reinterpret_cast<const uint64_t*>(address);
    return true;
  }

  // Whether a stack pointer is on the stack whose pages these are.
  bool IsOn(uint64_t stack_pointer) const { return Covers(stack_pointer); }
  // A walk begins at this stack pointer: forgets what it knows of another stack.
  void Begin(uint64_t stack_pointer) {
    asked_.page = 0;
    if (!Covers(stack_pointer)) [[unlikely]]
      Include(stack_pointer & ~uint64_t{kWordBytes - 1});
  }
  void Forget() {
    start_ = words_ = 0;
    ++moves_;
  }

  // The page that the kernel was asked about last in this walk, and that was there; 0: none.
  struct Asked {
    uint64_t page;

    // Whether the kernel says now that `words` words can be read there: for addresses that are
    // guesses. What was once found readable may be gone: another stack that lay beside this one.
    MEMSHIM_INLINE bool AreThere(uint64_t address, uint64_t words) {
      const uint64_t last = PageOf(address + words * kWordBytes - 1);
      if (PageOf(address) != page || last != page) page = Ask(PageOf(address), last);
      return page != 0;
    }

   private:
    // Returns `last`; 0 where a page is not there.
    MEMSHIM_NOINLINE static uint64_t Ask(uint64_t first, uint64_t last);
  };
  bool AreThere(uint64_t address, uint64_t words) { return asked_.AreThere(address, words); }
  Asked& asked() { return asked_; }

  // Changes whenever pages were forgotten.
  uint32_t moves() const { return moves_; }

 private:
  static constexpr int kWordShift = 3;
  static constexpr uint64_t kWordBytes = 1 << kWordShift;

  static uint64_t PageOf(uint64_t address) { return address & ~uint64_t{base::kPageBytes - 1}; }
  // Whether a whole word begins there. The rotation makes odd addresses the farthest ones.
  bool Covers(uint64_t address) const { return std::rotr(address - start_, kWordShift) < words_; }
  MEMSHIM_INLINE bool Include(uint64_t address) {
    *this = With(*this, address);
    return Covers(address);
  }
  // Includes the page of `address`, and pages between, or else begins anew with it. (By value: a
  // walk keeps its copy in registers.)
  MEMSHIM_NOINLINE static Readable With(Readable readable, uint64_t address);

  uint64_t end() const { return start_ + (words_ << kWordShift); }

  uint64_t start_, words_;
  uint32_t moves_;
  Asked asked_;
};

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_READABLE_H_
