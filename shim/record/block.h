// A live block, and what comes of looking for it.
#ifndef MEMSHIM_SHIM_RECORD_BLOCK_H_
#define MEMSHIM_SHIM_RECORD_BLOCK_H_

#include <cstdint>

#include "cpu.h"
#include "shim/ledger/format.h"

namespace memshim::record {

struct Block {
  ledger::Cell* cell;  // of its point and the shard that allocated it; null: memshim's own block
  uint64_t size;       // requested; zero-size requests count 1
  uint64_t birth_ticks;
  uint32_t thread;  // that allocated it, by its number
};

// Where blocks are kept, a cell's address shares a word with other things: below and above these
// bits, which it does not have.
inline constexpr int kCellUpperShift = 48;
inline constexpr uint64_t kCellBits = (uint64_t{1} << kCellUpperShift) - alignof(ledger::Cell);
static_assert(base::kAddressBits <= kCellUpperShift);

inline uint64_t WordOf(const ledger::Cell* cell) { return reinterpret_cast<uint64_t>(cell); }
inline ledger::Cell* CellIn(uint64_t word) {
  return reinterpret_cast<ledger::Cell*>(word & kCellBits);
}

enum class BlockOutcome { kDone, kReplaced, kNoMemory, kLockTimeout, kNotFound };

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_BLOCK_H_
