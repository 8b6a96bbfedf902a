// A live block, and what comes of looking for it.
#ifndef MEMSHIM_SHIM_RECORD_BLOCK_H_
#define MEMSHIM_SHIM_RECORD_BLOCK_H_

#include <cstdint>

namespace memshim::record {

struct Block {
  uint32_t point;
  uint32_t thread;  // that allocated it, by its number
  uint64_t size;    // requested; zero-size requests count 1
  uint64_t birth_ticks;
};

enum class BlockOutcome { kDone, kReplaced, kNoMemory, kLockTimeout, kNotFound };

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_BLOCK_H_
