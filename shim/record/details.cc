// See details.h.
#include "shim/record/details.h"

#include <array>

namespace memshim::record {

using ledger::BitWidth;
using ledger::Cell;
using ledger::Histogram;
using ledger::kLifetimeKey;
using ledger::kMoments;

// A full ledger costs details, as it costs stacks: what they would have counted is missing from
// them, counted as a loss, and stays in the totals.

namespace {

// Each key's slot. (A table of the file's: in a function it would be copied at each call, and the
// division takes twice as long.)
constexpr std::array<uint8_t, 256> kSlotOfKey = [] {
  std::array<uint8_t, 256> slots = {};
  for (uint32_t key = 0; key < 256; ++key) slots[key] = static_cast<uint8_t>(key % ledger::kSlots);
  return slots;
}();

// False: another key has the place.
MEMSHIM_INLINE bool AddTo(uint64_t* slots, uint32_t key, uint64_t count) {
  uint64_t& slot = slots[kSlotOfKey[key]];
  if (slot >> ledger::kSlotShift == key) [[likely]] {
    slot += count;
    return true;
  }
  if (slot != 0) return false;
  slot = uint64_t{key} << ledger::kSlotShift | count;
  return true;
}

// To the first of a cell's histograms that has a place for the key.
MEMSHIM_NOINLINE void AddToChain(Shard& shard, Cell* cell, uint32_t key, uint64_t count) {
  uint32_t* link = &cell->histogram;
  while (true) {
    // Read once: a handler that forks here leaves the child a ledger of zeros.
    uint32_t id_plus_one = __atomic_load_n(link, __ATOMIC_RELAXED);
    if (id_plus_one == 0) {
      id_plus_one = shard.NewHistogram();
      if (id_plus_one == 0) return;
      // release: a reader that follows the link sees the entry.
      __atomic_store_n(link, id_plus_one, __ATOMIC_RELEASE);
    }
    Histogram* entry = shard.HistogramAt(id_plus_one);
    if (AddTo(entry->slots, key, count)) return;
    link = &entry->next;
  }
}

MEMSHIM_INLINE void Add(Shard& shard, Cell* cell, uint32_t key, uint64_t count) {
  if (!AddTo(cell->slots, key, count)) [[unlikely]]
    AddToChain(shard, cell, key, count);
}

}  // namespace

void Details::CountSize(Shard& shard, Cell* cell, uint64_t size) {
  if (BitWidth(cell->smallest_request) == BitWidth(cell->largest_request)) {
    Add(shard, cell, BitWidth(cell->smallest_request), cell->total_blocks);
  }
  Add(shard, cell, BitWidth(size), 1);
}

void Details::CountLifetime(Shard& shard, Cell* cell, uint32_t bucket) {
  if (cell->first_lifetime == 0) {
    cell->first_lifetime = static_cast<uint8_t>(bucket + 1);
    return;
  }
  if (cell->first_lifetime != ledger::kSeveralLifetimes) {
    Add(shard, cell, kLifetimeKey | (cell->first_lifetime - 1u), cell->deaths());
    // A reader after a kill believes the slots from then on: not before.
    std::atomic_signal_fence(std::memory_order_release);
    cell->first_lifetime = ledger::kSeveralLifetimes;
  }
  Add(shard, cell, kLifetimeKey | bucket, 1);
}

void Details::BeginEra(Shard& shard, Cell* cell) {
  const ledger::Era& era = shard.era();
  if (era.moment > cell->era.moment) NoteMoments(shard, cell, era.moment);
  if (era.window > cell->era.window) BeginWindow(cell, era.window);
}

void Details::NoteMoments(Shard& shard, Cell* cell, uint32_t moment) {
  const uint32_t old_scale = ledger::MomentScale(cell->era.moment);
  const uint32_t scale = ledger::MomentScale(moment);
  const uint32_t last_noted = cell->era.moment >> scale;
  const uint32_t now = moment >> scale;
  uint32_t id_plus_one =
      __atomic_load_n(&cell->history, __ATOMIC_RELAXED);  // once, as in AddToChain
  if (id_plus_one == 0 && last_noted != now && cell->live_bytes() != 0) {
    id_plus_one = shard.NewHistory();
    // release: a reader that follows the link sees the entry.
    __atomic_store_n(&cell->history, id_plus_one, __ATOMIC_RELEASE);
  }
  if (id_plus_one != 0) {
    int64_t* slots = shard.HistoryAt(id_plus_one)->live_bytes;
    if (scale != old_scale) {  // every second moment, or fourth ..., is kept
      for (uint32_t j = 1; j < kMoments; ++j) {
        const uint64_t from = uint64_t{j} << (scale - old_scale);
        slots[j] = from < kMoments ? slots[from] : 0;
      }
    }
    for (uint32_t j = last_noted + 1; j <= now; ++j) slots[j] = cell->live_bytes();
  }
  cell->era.moment = moment;
}

void Details::BeginWindow(Cell* cell, uint32_t window) {
  const uint64_t freed = cell->freed_bytes;
  cell->previous_freed_bytes = window == cell->era.window + 1 ? cell->window_freed_bytes : freed;
  cell->window_freed_bytes = freed;
  cell->era.window = window;
}

}  // namespace memshim::record
