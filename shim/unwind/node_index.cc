// See node_index.h.
#include "shim/unwind/node_index.h"

#include "shim/base/memory.h"

namespace memshim::unwind {

bool NodeIndex::Put(Table* table, uint64_t product, uint32_t id) {
  if (id > table->id_mask) return false;
  const uint64_t home = product >> table->rest_bits;
  const uint64_t label = table->LabelOf(product);
  for (uint64_t distance = 0; distance <= kFarthest; ++distance) {
    std::atomic<uint64_t>& slot = table->at[(home + distance) & table->mask];
    if (slot.load(std::memory_order_relaxed) != 0) continue;
    slot.store((label + distance) << table->id_bits | id, std::memory_order_release);
    return true;
  }
  return false;
}

// Into a table of twice the size, or a larger one where that puts something too far from its home.
bool NodeIndex::Grow() {
  const Table* old = table_.load(std::memory_order_relaxed);  // only inserters write it
  constexpr int kMostBits = 31;
  for (int bits = old == nullptr ? kFirstBits : kKeyBits - old->rest_bits + 1; bits <= kMostBits;
       ++bits) {
    const uint64_t slots = uint64_t{1} << bits;
    const size_t bytes = sizeof(Table) + slots * sizeof(uint64_t);
    Table* table = static_cast<Table*>(base::MapPrivateForHash(bytes));
    if (table == nullptr) return false;
    table->rest_bits = kKeyBits - bits;
    table->id_bits = 64 - table->rest_bits - kDistanceBits;
    table->mask = slots - 1;
    table->id_mask = (uint64_t{1} << table->id_bits) - 1;
    bool is_whole = true;
    for (uint64_t i = 0; old != nullptr && is_whole && i <= old->mask; ++i) {
      const uint64_t slot = old->at[i].load(std::memory_order_relaxed);
      if (slot == 0) continue;
      const uint64_t label = slot >> old->id_bits;
      const uint64_t home = (i - (label & kFarthest)) & old->mask;
      const uint64_t product = home << old->rest_bits | label >> kDistanceBits;
      is_whole = Put(table, product, static_cast<uint32_t>(slot & old->id_mask));
    }
    if (is_whole) {
      table_.store(table, std::memory_order_release);  // pairs with Find's acquire
      return true;
    }
    base::UnmapPrivate(table, bytes);
  }
  return false;
}

bool NodeIndex::Insert(uint32_t parent, uint32_t frame, uint32_t id) {
  Table* table = table_.load(std::memory_order_relaxed);
  const bool is_full = table == nullptr || used_ >= (table->mask + 1) / 3 * 2;
  if (is_full && !Grow() && table == nullptr) return false;
  const uint64_t product = ProductOf(parent, frame);
  while (!Put(table_.load(std::memory_order_relaxed), product, id)) {
    if (!Grow()) return false;
  }
  ++used_;
  return true;
}

}  // namespace memshim::unwind
