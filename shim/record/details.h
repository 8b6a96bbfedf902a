// A cell's figures beyond DHAT's: request sizes and lifetimes by powers of two, live bytes at
// moments spread over the run, what was freed last. Their meaning: docs/semantics.md; their
// layout: ledger/format.h.
// Context: hook. Locks: the cells' when an entry is made. Allocates: no. Signals: guarded.
#ifndef MEMSHIM_SHIM_RECORD_DETAILS_H_
#define MEMSHIM_SHIM_RECORD_DETAILS_H_

#include <algorithm>
#include <atomic>
#include <bit>

#include "shim/base/attributes.h"
#include "shim/record/shard.h"

namespace memshim::record {

class Details {
 public:
  explicit Details(Shard& shard) : shard_(shard) {}

  // The cell is about to change in the shard's era: notes what it held at the moments since its
  // last change.
  void Advance(ledger::Cell* cell) {
    // As one word each.
    if (std::bit_cast<uint64_t>(shard_.era()) != std::bit_cast<uint64_t>(cell->era)) [[unlikely]]
      BeginEra(shard_, cell);
  }

  // A request of `size` counted bytes (1 at least) got `usable` ones (0: unknown). Before the
  // totals change.
  void OnRequest(ledger::Cell* cell, uint64_t size, uint64_t usable) {
    // Below the smallest, above the largest, or the first one: by one comparison.
    const uint64_t smallest = cell->smallest_request;
    if (size - smallest > cell->largest_request - smallest) [[unlikely]]
      WidenRange(cell, size);
    // Shifted by the usual bit width less one, only numbers of that width are 1.
    if (size >> (cell->usual_size - 2u) % 64 != 1) CountSize(shard_, cell, size);
    cell->slack_bytes += std::max(usable, size) - size;
  }

  // A block has died after `lifetime` ticks. Before freed_blocks changes.
  void OnDeath(ledger::Cell* cell, uint64_t lifetime) {
    // The same; a lifetime may be 0, doubled and one more it is not. (Before the first one of the
    // cell: never.)
    if ((2 * lifetime + 1) >> (cell->usual_lifetime - 1u) % 64 != 1) {
      CountLifetime(shard_, cell, lifetime);
    }
  }

 private:
  // What few events need stands by itself and takes the shard: an object whose address is known
  // would not stay in registers.
  MEMSHIM_NOINLINE static void BeginEra(Shard& shard, ledger::Cell* cell);
  static void NoteMoments(Shard& shard, ledger::Cell* cell, uint32_t moment);
  static void BeginWindow(ledger::Cell* cell, uint32_t window);
  MEMSHIM_NOINLINE static void WidenRange(ledger::Cell* cell, uint64_t size);
  MEMSHIM_NOINLINE static void CountSize(Shard& shard, ledger::Cell* cell, uint64_t size);
  MEMSHIM_NOINLINE static void CountLifetime(Shard& shard, ledger::Cell* cell, uint64_t lifetime);

  Shard& shard_;
};

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_DETAILS_H_
