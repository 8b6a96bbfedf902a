// A hash index from keys to small ids whose keys lie elsewhere: the slots hold nothing but ids,
// and a probe compares with the entry that the id names. Look-ups take no lock; inserts are
// serialized by the caller. Grows by rehashing into a new table while look-ups go on in the old
// one: they may miss what was inserted since, so a miss is confirmed under the caller's lock.
// Old tables stay mapped (a reader may be in them); together they are no larger than the newest.
//
// Zero-filled memory is an empty index.
// Context: hook. Locks: the caller's. Allocates: mmap. Signals: guarded.
#ifndef MEMSHIM_SHIM_BASE_ID_INDEX_H_
#define MEMSHIM_SHIM_BASE_ID_INDEX_H_

#include <atomic>
#include <cstdint>

#include "shim/base/memory.h"

namespace memshim::base {

// 2^64 / golden ratio: a product with it spreads neighbouring keys, in its upper bits best.
inline constexpr uint64_t kHashFactor = 0x9e3779b97f4a7c15ull;

inline uint64_t MixHash(uint64_t key) {
  key *= kHashFactor;
  key ^= key >> 32;
  key *= 0xd6e8feb86659fd93ull;
  return key ^ (key >> 29);
}

class IdIndex {
 public:
  static constexpr uint32_t kNone = 0xffffffffu;

  // The id whose entry matches, or kNone. `matches(id)` compares the entry with the key.
  template <typename Matches>
  uint32_t Find(uint64_t hash, Matches matches) const {
    const Slots* slots = slots_.load(std::memory_order_acquire);  // pairs with Grow's release
    if (slots == nullptr) return kNone;
    for (uint64_t i = hash;; ++i) {
      // acquire: pairs with the release in Insert; the entry behind the id is complete.
      const uint32_t value = slots->at[i & slots->mask].load(std::memory_order_acquire);
      if (value == 0) return kNone;
      if (matches(value - 1)) return value - 1;
    }
  }

  // Adds an id. `hash_of(id)` gives the hash of any id already inside. False: no memory; the id
  // is then not found again and will be inserted anew, nothing else.
  template <typename HashOf>
  bool Insert(uint64_t hash, uint32_t id, HashOf hash_of) {
    Slots* slots = slots_.load(std::memory_order_relaxed);  // only inserters write it
    if (slots == nullptr || used_ >= (slots->mask + 1) / 2) {
      slots = Grow(slots, hash_of);
      if (slots == nullptr) return false;
    }
    Put(slots, hash, id);
    ++used_;
    return true;
  }

  // Forgets everything. Look-ups that run meanwhile find the old entries or nothing; those after an
  // acquire of what the caller then releases, nothing old.
  void Clear() {
    Slots* slots = slots_.load(std::memory_order_relaxed);
    if (slots == nullptr) return;
    for (uint64_t i = 0; i <= slots->mask; ++i) {
      // relaxed: the caller says by an order of its own from when on nothing old may be found.
      slots->at[i].store(0, std::memory_order_relaxed);
    }
    used_ = 0;
  }

 private:
  static constexpr uint64_t kFirstSlots = 2048;
  struct Slots {
    uint64_t mask;
    std::atomic<uint32_t> at[];  // id + 1; 0: empty
  };

  static void Put(Slots* slots, uint64_t hash, uint32_t id) {
    uint64_t i = hash;
    while (slots->at[i & slots->mask].load(std::memory_order_relaxed) != 0) ++i;
    slots->at[i & slots->mask].store(id + 1, std::memory_order_release);
  }

  template <typename HashOf>
  Slots* Grow(const Slots* old, HashOf hash_of) {
    const uint64_t count = old == nullptr ? kFirstSlots : 2 * (old->mask + 1);
    Slots* slots = static_cast<Slots*>(MapPrivateForHash(sizeof(Slots) + count * sizeof(uint32_t)));
    if (slots == nullptr) return nullptr;
    slots->mask = count - 1;
    for (uint64_t i = 0; old != nullptr && i <= old->mask; ++i) {
      const uint32_t value = old->at[i].load(std::memory_order_relaxed);
      if (value != 0) Put(slots, hash_of(value - 1), value - 1);
    }
    slots_.store(slots, std::memory_order_release);  // pairs with Find's acquire
    return slots;
  }

  std::atomic<Slots*> slots_;
  uint64_t used_;
};

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_ID_INDEX_H_
