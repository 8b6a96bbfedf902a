// See details.h.
#include "shim/record/details.h"

#include <array>

namespace memshim::record {

using ledger::BitWidth;
using ledger::Cell;
using ledger::Histogram;
using ledger::kLifetimeKey;
using ledger::kMoments;

// A full ledger costs details, as it costs stacks: what has no slot is counted as a loss, and
// passes for usual.

namespace {

// Each key's slot. (A table of the file's: in a function it would be copied at each call, and the
// division takes twice as long.)
constexpr std::array<uint8_t, 256> kSlotOfKey = [] {
  std::array<uint8_t, 256> slots = {};
  for (uint32_t key = 0; key < 256; ++key) slots[key] = static_cast<uint8_t>(key % ledger::kSlots);
  return slots;
}();

uint32_t KeyOf(uint64_t slot) { return static_cast<uint32_t>(slot >> ledger::kSlotShift); }

// The place of a key among slots; null: another key has it.
MEMSHIM_INLINE uint64_t* PlaceOf(uint32_t key, uint64_t* slots) {
  uint64_t* slot = &slots[kSlotOfKey[key]];
  if (KeyOf(*slot) == key) [[likely]]
    return slot;
  if (*slot != 0) return nullptr;
  *slot = uint64_t{key} << ledger::kSlotShift;
  return slot;
}

// The same in the first of a cell's histograms that has one; null: no room for another histogram.
MEMSHIM_NOINLINE uint64_t* PlaceInChain(Shard& shard, Cell* cell, uint32_t key) {
  uint32_t* link = &cell->histogram;
  while (true) {
    // Read once: a handler that forks here leaves the child a ledger of zeros.
    uint32_t id_plus_one = __atomic_load_n(link, __ATOMIC_RELAXED);
    if (id_plus_one == 0) {
      id_plus_one = shard.NewHistogram();
      if (id_plus_one == 0) return nullptr;
      // release: a reader that follows the link sees the entry.
      __atomic_store_n(link, id_plus_one, __ATOMIC_RELEASE);
    }
    Histogram* entry = shard.HistogramAt(id_plus_one);
    uint64_t* slot = PlaceOf(key, entry->slots);
    if (slot != nullptr) return slot;
    link = &entry->next;
  }
}

uint64_t SumOf(const uint64_t* slots, uint32_t kind) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < ledger::kSlots; ++i) {
    if ((KeyOf(slots[i]) & kLifetimeKey) == kind) sum += slots[i] & ledger::kSlotCount;
  }
  return sum;
}

// Counts of one kind (0: sizes, kLifetimeKey) in all slots of a cell.
uint64_t SumOf(Shard& shard, const Cell& cell, uint32_t kind) {
  uint64_t sum = SumOf(cell.slots, kind);
  uint32_t id_plus_one = __atomic_load_n(&cell.histogram, __ATOMIC_RELAXED);
  while (id_plus_one != 0) {
    const Histogram* entry = shard.HistogramAt(id_plus_one);
    sum += SumOf(entry->slots, kind);
    id_plus_one = __atomic_load_n(&entry->next, __ATOMIC_RELAXED);
  }
  return sum;
}

MEMSHIM_INLINE uint64_t* PlaceIn(Shard& shard, Cell* cell, uint32_t key) {
  uint64_t* slot = PlaceOf(key, cell->slots);
  return slot != nullptr ? slot : PlaceInChain(shard, cell, key);
}

// What a slot counts has become what is usual: of all `total` the slots leave less than half as
// many. The two change places, by steps between which a reader after a kill finds the same counts.
MEMSHIM_NOINLINE void ChangeUsual(Shard& shard, Cell* cell, uint32_t kind, uint64_t total,
                                  uint64_t* slot, uint8_t* usual) {
  // Once, as in PlaceInChain.
  const uint32_t before = __atomic_load_n(usual, __ATOMIC_RELAXED);
  const uint64_t usual_count = total - SumOf(shard, *cell, kind);
  if (before == 0 || (*slot & ledger::kSlotCount) / 2 <= usual_count) return;
  uint64_t* other = PlaceIn(shard, cell, kind | (before - 1));
  if (other == nullptr) return;
  *other += usual_count;  // the slots leave nothing
  std::atomic_signal_fence(std::memory_order_release);
  *usual = static_cast<uint8_t>((KeyOf(*slot) & ~kLifetimeKey) + 1);
  std::atomic_signal_fence(std::memory_order_release);
  *slot &= ~ledger::kSlotCount;  // it stays the key's: each has one
}

// Counts one more of a bit width that is not `*usual`, of `total` with this one. What is seen first
// need not be what is usual (the first lifetimes of a loop are longer than all others), so that is
// looked at again whenever a count is a power of two.
MEMSHIM_INLINE void Count(Shard& shard, Cell* cell, uint32_t kind, uint32_t width, uint64_t total,
                          uint8_t* usual) {
  constexpr uint64_t kFewest = 8;
  if (*usual == 0) {
    *usual = static_cast<uint8_t>(width + 1);
    return;
  }
  uint64_t* slot = PlaceIn(shard, cell, kind | width);
  if (slot == nullptr) return;
  *slot += 1;
  const uint64_t count = *slot & ledger::kSlotCount;
  if (count >= kFewest && (count & (count - 1)) == 0) [[unlikely]]
    ChangeUsual(shard, cell, kind, total, slot, usual);
}

}  // namespace

void Details::WidenRange(Cell* cell, uint64_t size) {
  if (cell->largest_request == 0) {
    cell->smallest_request = size;
    cell->usual_size = static_cast<uint8_t>(BitWidth(size) + 1);
  }
  cell->smallest_request = std::min(cell->smallest_request, size);
  cell->largest_request = std::max(cell->largest_request, size);
}

void Details::CountSize(Shard& shard, Cell* cell, uint64_t size) {
  Count(shard, cell, 0, BitWidth(size), cell->total_blocks + 1, &cell->usual_size);
}

void Details::CountLifetime(Shard& shard, Cell* cell, uint64_t lifetime) {
  Count(shard, cell, kLifetimeKey, BitWidth(lifetime), cell->deaths() + 1, &cell->usual_lifetime);
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
      __atomic_load_n(&cell->history, __ATOMIC_RELAXED);  // once, as in PlaceInChain
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
