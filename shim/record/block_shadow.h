// Small live blocks by address: a slot for every 32 bytes of the heap, in tables made as the heap
// grows. An allocator whose blocks lie at least 32 bytes apart never puts two into one slot.
//
//   address:  top 12 (x86-64) | middle 13 | slot 17 | 5     -> top_[..] -> Middle -> Leaf -> slot
//
// No lock: a block is owned by whoever allocates or frees it, and goes from one thread to another
// through the program's and the allocator's own order. Two threads meet at a slot only through a
// program's errors.
// Context: hook. Locks: none. Allocates: mmap. Signals: guarded. Zero-filled memory is empty.
#ifndef MEMSHIM_SHIM_RECORD_BLOCK_SHADOW_H_
#define MEMSHIM_SHIM_RECORD_BLOCK_SHADOW_H_

#include <atomic>

#include "cpu.h"
#include "shim/base/attributes.h"
#include "shim/record/block.h"

namespace memshim::record {

class BlockShadow {
 public:
  // Larger blocks would each take a page of slots for themselves: they belong into a hash.
  static constexpr uint64_t kLargestSize = 8192;
  // So do those that are born later, after some years.
  static constexpr uint64_t kMostTicks = uint64_t{1} << 48;

  // Two words that hold a block; the first is 0 where there is none.
  struct Slot {
    // size 16 | cell 40 | 3 | the address's bit 4: which half of the granule | 3 | in use 1
    uint64_t owner;
    // birth 48 | thread 16
    uint64_t birth;

    bool Holds(uint64_t address) const {
      return (owner & (kHalf | kInUse)) == ((address & kHalf) | kInUse);
    }
    bool is_free() const { return owner == 0; }
    MEMSHIM_INLINE void Set(uint64_t address, const Block& block) {
      birth = block.birth_ticks << kThreadBits | block.thread;
      owner = block.size << kCellUpperShift | WordOf(block.cell) | (address & kHalf) | kInUse;
    }
    Block Get() const {
      return {CellIn(owner), owner >> kCellUpperShift, birth >> kThreadBits,
              static_cast<uint32_t>(birth & ((1 << kThreadBits) - 1))};
    }
    void Clear() { owner = 0; }

   private:
    static constexpr uint64_t kHalf = 16, kInUse = 1;
    static_assert((kCellBits & (kHalf | kInUse)) == 0);
  };

  // Whether a slot can hold it.
  MEMSHIM_INLINE static bool Fits(uint64_t address, const Block& block) {
    return block.size <= kLargestSize && block.birth_ticks < kMostTicks &&
           (address % 16 | block.thread >> kThreadBits) == 0;
  }

  // The slot of an address; null where there has been none so far.
  MEMSHIM_INLINE Slot* Find(uint64_t address) const {
    const uint64_t at = address >> kMiddleShift;
    if (at >= kMiddles) [[unlikely]]
      return nullptr;
    // acquire: pairs with the release in Make.
    const Middle* middle = top_[at].load(std::memory_order_acquire);
    if (middle == nullptr) [[unlikely]]
      return nullptr;
    Leaf* leaf =
        middle->leaves[address >> kLeafShift & (kLeaves - 1)].load(std::memory_order_acquire);
    return leaf == nullptr ? nullptr : &leaf->slots[address >> kGranuleShift & (kSlots - 1)];
  }
  // The same; null when there is no memory for it.
  MEMSHIM_INLINE Slot* FindOrMake(uint64_t address) {
    Slot* slot = Find(address);
    return slot != nullptr ? slot : Make(address);
  }

  // Gives the pages that hold no block back to the system: of at most `leaves` leaves from number
  // *next on, which is then the next one to look at. True: that was the last. Requires: no other
  // thread is in the table.
  bool GiveBack(uint64_t* next, int leaves);

 private:
  static constexpr int kThreadBits = 16;
  static constexpr int kGranuleShift = 5;
  static constexpr int kLeafShift = kGranuleShift + 17;
  static constexpr int kMiddleShift = kLeafShift + 13;
  static constexpr int kAddressBits = base::kAddressBits;
  static constexpr uint64_t kSlots = 1 << (kLeafShift - kGranuleShift);
  static constexpr uint64_t kLeaves = 1 << (kMiddleShift - kLeafShift);
  static constexpr uint64_t kMiddles = 1 << (kAddressBits - kMiddleShift);

  struct Leaf {  // 2 MiB for 4 MiB of heap, touched as needed
    Slot slots[kSlots];

    void GiveBack();
  };
  struct Middle {
    std::atomic<Leaf*> leaves[kLeaves];
  };

  MEMSHIM_NOINLINE Slot* Make(uint64_t address);

  std::atomic<Middle*> top_[kMiddles];
};

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_BLOCK_SHADOW_H_
