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

  // A request of `size` counted bytes got `usable` ones (0: unknown). Before the totals change.
  void OnRequest(ledger::Cell* cell, uint64_t size, uint64_t usable) {
    // (Which of two sizes a request has is hard to foresee: no branches. Before the first the
    // smallest is 0, which is taken for the largest number.)
    const uint64_t smallest = std::min(size - 1, cell->smallest_request - 1) + 1;
    const uint64_t largest = std::max(size, cell->largest_request);
    if (!HaveSameWidth(smallest, largest)) [[unlikely]] {
      CountSize(shard_, cell, size);
      // A reader after a kill believes the slots once the range spans two widths: not before.
      std::atomic_signal_fence(std::memory_order_release);
    }
    cell->smallest_request = smallest;
    cell->largest_request = largest;
    cell->slack_bytes += std::max(usable, size) - size;
  }

  // A block has died after `lifetime` ticks. Before freed_blocks changes.
  void OnDeath(ledger::Cell* cell, uint64_t lifetime) {
    const uint32_t bucket = ledger::BitWidth(lifetime);
    if (bucket + 1 != cell->first_lifetime) CountLifetime(shard_, cell, bucket);
  }

 private:
  // BitWidth(a) == BitWidth(b), for numbers above 0: the highest bit of both is not among those
  // that differ.
  static bool HaveSameWidth(uint64_t a, uint64_t b) { return (a ^ b) < (a & b); }

  // What few events need stands by itself and takes the shard: an object whose address is known
  // would not stay in registers.
  MEMSHIM_NOINLINE static void BeginEra(Shard& shard, ledger::Cell* cell);
  static void NoteMoments(Shard& shard, ledger::Cell* cell, uint32_t moment);
  static void BeginWindow(ledger::Cell* cell, uint32_t window);
  MEMSHIM_NOINLINE static void CountSize(Shard& shard, ledger::Cell* cell, uint64_t size);
  MEMSHIM_NOINLINE static void CountLifetime(Shard& shard, ledger::Cell* cell, uint32_t bucket);

  Shard& shard_;
};

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_DETAILS_H_
