// See code_cache.h.
#include "shim/unwind/code_cache.h"

#include "shim/base/memory.h"

namespace memshim::unwind {

using base::LockScope;

// The slot of an address, or the empty one where it is to go.
CodeCache::Slot* CodeCache::SlotFor(uint64_t pc, Table* table) {
  for (uint64_t at = PlaceOf(pc, *table);; ++at) {
    Slot& slot = table->at[at & table->mask];
    const uint64_t name = slot.name.load(std::memory_order_relaxed);  // written under lock_
    if (name == 0 || name >> kAddressShift == pc) return &slot;
  }
}

bool CodeCache::Grow() {
  const Table* old = table_.load(std::memory_order_relaxed);  // written under lock_
  const int bits = old == nullptr ? kFirstBits : 64 - old->shift + 1;
  const uint64_t slots = uint64_t{1} << bits;
  Table* table = static_cast<Table*>(base::MapPrivateForHash(sizeof(Table) + slots * sizeof(Slot)));
  if (table == nullptr) return false;
  table->shift = 64 - bits;
  table->mask = slots - 1;
  for (uint64_t i = 0; old != nullptr && i <= old->mask; ++i) {
    const uint64_t name = old->at[i].name.load(std::memory_order_relaxed);
    if (name == 0) continue;
    Slot* slot = SlotFor(name >> kAddressShift, table);
    slot->word.store(old->at[i].word.load(std::memory_order_relaxed), std::memory_order_relaxed);
    slot->name.store(name, std::memory_order_relaxed);
  }
  table_.store(table, std::memory_order_release);  // pairs with the acquire in Find
  return true;
}

void CodeCache::Put(uint64_t pc, uint32_t generation, KnownCode known) {
  if (pc >> kAddressBits != 0) return;
  LockScope scope(lock_);
  if (!scope.ok()) return;
  Table* table = table_.load(std::memory_order_relaxed);
  if (table == nullptr || used_ >= (table->mask + 1) / 2) {
    if (!Grow()) return;
    table = table_.load(std::memory_order_relaxed);
  }
  Slot* slot = SlotFor(pc, table);
  if (slot->name.load(std::memory_order_relaxed) == 0) ++used_;
  // relaxed, release, release: pairs with the acquire, acquire, relaxed of Reader::Find. Who reads
  // the new word sees that the old name is gone; who reads the new name sees the word.
  slot->name.store(NameOf(pc, 0) | 1, std::memory_order_relaxed);
  slot->word.store(known.word(), std::memory_order_release);
  slot->name.store(NameOf(pc, generation), std::memory_order_release);
}

void CodeCache::Forget() {
  LockScope scope(lock_);
  Table* table = table_.load(std::memory_order_relaxed);
  if (!scope.ok() || table == nullptr) return;
  for (uint64_t i = 0; i <= table->mask; ++i) {
    // relaxed: what is forgotten is of generations that nobody asks for until AdvanceGeneration,
    // whose release comes behind this.
    table->at[i].word.store(0, std::memory_order_relaxed);
  }
}

}  // namespace memshim::unwind
