// Live blocks by address, wherever they lie: a hash of full addresses, cut into stripes with a lock
// each. A block is owned by whoever allocates or frees it, so two threads
// meet at one entry only through a program's own errors.
// Context: hook. Locks: one stripe's, below none. Allocates: mmap. Signals: guarded.
#ifndef MEMSHIM_SHIM_RECORD_BLOCK_HASH_H_
#define MEMSHIM_SHIM_RECORD_BLOCK_HASH_H_

#include "shim/base/lock.h"
#include "shim/record/block.h"

namespace memshim::record {

class BlockHash {
 public:
  using Outcome = BlockOutcome;

  // Adds a block. kReplaced: the address was taken; *old gets what was there.
  Outcome Insert(uint64_t address, const Block& block, Block* old);

  // Takes a block out; kDone or kNotFound.
  Outcome Remove(uint64_t address, Block* block);

 private:
  // Half of a cache line: the thread's number lies in what addresses of cells and ticks leave.
  struct Entry {
    uint64_t address;  // 0: empty
    uint64_t size;
    uint64_t owner;  // thread's middle 16 bits | cell 40 | thread's lowest 8
    uint64_t birth;  // thread's uppermost 8 bits | ticks 56

    void Set(uint64_t block_address, const Block& block) {
      const uint64_t thread = block.thread;
      address = block_address;
      size = block.size;
      owner = (thread >> 8) << kCellUpperShift | WordOf(block.cell) | (thread & 0xff);
      birth = (thread >> 24) << kTicksBits | block.birth_ticks;
    }
    Block Get() const {
      const uint64_t thread =
          birth >> kTicksBits << 24 | owner >> kCellUpperShift << 8 | (owner & 0xff);
      return {CellIn(owner), size, birth & ((uint64_t{1} << kTicksBits) - 1),
              static_cast<uint32_t>(thread)};
    }

   private:
    static constexpr int kTicksBits = 56;
    static_assert((kCellBits & 0xff) == 0);
  };
  static_assert(sizeof(Entry) == 32);
  struct alignas(64) Stripe {
    base::Lock lock;
    uint32_t used;
    uint64_t mask;
    Entry* entries;
  };
  static constexpr uint32_t kStripes = 64;
  static constexpr uint64_t kFirstEntries = 128;

  static bool Grow(Stripe* stripe);
  static void Close(Stripe* stripe, uint64_t hole);

  Stripe stripes_[kStripes];
};

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_BLOCK_HASH_H_
