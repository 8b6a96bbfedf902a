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
  struct Entry {
    uint64_t address;  // 0: empty
    Block block;
  };
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
