// See block_shadow.h.
#include "shim/record/block_shadow.h"

#include "shim/base/memory.h"

namespace memshim::record {
namespace {

// What `place` points to, made if it points to nothing. Null: no memory. `is_dense`: all of it will
// be used, so that huge pages (which most systems give on request only) cost no memory and save
// most of the misses of the address cache.
template <typename T>
T* GetOrMap(std::atomic<T*>* place, bool is_dense) {
  T* there = place->load(std::memory_order_acquire);
  if (there != nullptr) return there;
  T* fresh = static_cast<T*>(base::MapPrivate(sizeof(T)));
  if (fresh == nullptr) return nullptr;
  base::UseHugePages(fresh, sizeof(T), is_dense);
  // release: pairs with the acquire in Find.
  if (place->compare_exchange_strong(there, fresh, std::memory_order_acq_rel)) return fresh;
  base::UnmapPrivate(fresh, sizeof(T));
  return there;
}

}  // namespace

BlockShadow::Slot* BlockShadow::Make(uint64_t address) {
  if (address >> kAddressBits != 0) return nullptr;
  Middle* middle = GetOrMap(&top_[address >> kMiddleShift], false);
  if (middle == nullptr) return nullptr;
  // Heaps grow upwards: one that has filled a leaf will fill the next. The first of each heap has
  // small pages, as small programs use a few kilobytes of it.
  const uint64_t at = address >> kLeafShift & (kLeaves - 1);
  const bool is_dense = at > 0 && middle->leaves[at - 1].load(std::memory_order_relaxed) != nullptr;
  Leaf* leaf = GetOrMap(&middle->leaves[at], is_dense);
  return leaf == nullptr ? nullptr : &leaf->slots[address >> kGranuleShift & (kSlots - 1)];
}

void BlockShadow::Leaf::GiveBack() {
  constexpr uint64_t kSlotsOfAPage = base::kLargestPageBytes / sizeof(Slot);
  bool has_small_pages = false;
  const auto give_back = [&](Slot* from, Slot* to) {
    if (from == to) return;
    // The next slot that is used would bring a huge page back.
    if (!has_small_pages) base::UseHugePages(this, sizeof(*this), false);
    has_small_pages = true;
    base::EmptyPages(from, static_cast<size_t>(to - from) * sizeof(Slot));
  };
  Slot* first = slots;  // of pages in a row that are empty
  for (Slot* page = slots; page != slots + kSlots; page += kSlotsOfAPage) {
    const Slot* slot = page;
    while (slot != page + kSlotsOfAPage && slot->is_free()) ++slot;
    if (slot == page + kSlotsOfAPage) continue;
    give_back(first, page);
    first = page + kSlotsOfAPage;
  }
  give_back(first, slots + kSlots);
}

bool BlockShadow::GiveBack(uint64_t* next, int leaves) {
  for (; *next < kMiddles * kLeaves; ++*next) {
    const Middle* middle = top_[*next / kLeaves].load(std::memory_order_relaxed);
    if (middle == nullptr) {
      *next += kLeaves - 1 - *next % kLeaves;
      continue;
    }
    Leaf* leaf = middle->leaves[*next % kLeaves].load(std::memory_order_relaxed);
    if (leaf == nullptr) continue;
    if (leaves-- == 0) return false;
    leaf->GiveBack();
  }
  *next = 0;
  return true;
}

}  // namespace memshim::record
