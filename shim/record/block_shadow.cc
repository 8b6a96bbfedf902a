// See block_shadow.h.
#include "shim/record/block_shadow.h"

#include "shim/base/memory.h"

namespace memshim::record {
namespace {

// What `place` points to, made if it points to nothing. Null: no memory.
template <typename T>
T* GetOrMap(std::atomic<T*>* place) {
  T* there = place->load(std::memory_order_acquire);
  if (there != nullptr) return there;
  T* fresh = static_cast<T*>(base::MapPrivate(sizeof(T)));
  if (fresh == nullptr) return nullptr;
  // A leaf is as large as a huge page, of which small programs would use a few kilobytes.
  base::SysMadvise(fresh, sizeof(T), MADV_NOHUGEPAGE);
  // release: pairs with the acquire in Find.
  if (place->compare_exchange_strong(there, fresh, std::memory_order_acq_rel)) return fresh;
  base::UnmapPrivate(fresh, sizeof(T));
  return there;
}

}  // namespace

BlockShadow::Slot* BlockShadow::Make(uint64_t address) {
  if (address >> kAddressBits != 0) return nullptr;
  Middle* middle = GetOrMap(&top_[address >> kMiddleShift]);
  if (middle == nullptr) return nullptr;
  Leaf* leaf = GetOrMap(&middle->leaves[address >> kLeafShift & (kLeaves - 1)]);
  return leaf == nullptr ? nullptr : &leaf->slots[address >> kGranuleShift & (kSlots - 1)];
}

}  // namespace memshim::record
