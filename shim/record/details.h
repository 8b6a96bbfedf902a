// A cell's figures beyond DHAT's: request sizes and lifetimes by powers of two, live bytes at
// moments spread over the run, what was freed last. Their meaning: docs/semantics.md; their
// layout: ledger/format.h.
// Context: hook. Locks: the cells' when an entry is made. Allocates: no. Signals: guarded.
#ifndef MEMSHIM_SHIM_RECORD_DETAILS_H_
#define MEMSHIM_SHIM_RECORD_DETAILS_H_

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
      BeginEra(cell, shard_.era());
  }

  // A request of `size` counted bytes got `usable` ones (0: unknown). Before the totals change.
  void OnRequest(ledger::Cell* cell, uint64_t size, uint64_t usable) {
    if (size != cell->smallest_request || size != cell->largest_request) {
      if (cell->total_blocks == 0) cell->smallest_request = cell->largest_request = size;
      if (ledger::BitWidth(size) != ledger::BitWidth(cell->smallest_request) ||
          ledger::BitWidth(size) != ledger::BitWidth(cell->largest_request)) {
        CountSize(cell, size);
        // A reader after a kill believes the slots once the range spans two widths: not before.
        std::atomic_signal_fence(std::memory_order_release);
      }
      if (size < cell->smallest_request) cell->smallest_request = size;
      if (size > cell->largest_request) cell->largest_request = size;
    }
    if (usable > size) cell->slack_bytes += usable - size;
  }

  // A block has died after `lifetime` ticks. Before freed_blocks changes.
  void OnDeath(ledger::Cell* cell, uint64_t lifetime) {
    const uint8_t bucket_plus_one = static_cast<uint8_t>(ledger::BitWidth(lifetime) + 1);
    if (bucket_plus_one != cell->first_lifetime) CountLifetime(cell, bucket_plus_one);
  }

 private:
  MEMSHIM_NOINLINE void BeginEra(ledger::Cell* cell, const ledger::Era& era);
  void NoteMoments(ledger::Cell* cell, uint32_t moment);
  void BeginWindow(ledger::Cell* cell, uint32_t window);
  MEMSHIM_NOINLINE void CountSize(ledger::Cell* cell, uint64_t size);
  MEMSHIM_NOINLINE void CountLifetime(ledger::Cell* cell, uint8_t bucket_plus_one);
  void Add(ledger::Cell* cell, uint32_t key, uint64_t count);

  Shard& shard_;
};

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_DETAILS_H_
