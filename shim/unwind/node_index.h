// Nodes by (parent, frame). One word a slot, which holds all that a look-up compares, so that it
// touches nothing else.
//
//   key      parent 29 | frame 28         57 bits: a ledger has room for no more nodes and frames
//   product  key x an odd number          modulo 2^57: as good as the key, and well spread
//   home     upper bits of the product    the slot where a look-up begins
//   slot     the rest of the product | distance from home | node id
//
// Look-ups take no lock; inserts are serialized by the caller. Grows by rehashing into a new table
// while look-ups go on in the old one: they may miss what was inserted since, so a miss is
// confirmed under the caller's lock. Old tables stay mapped; together they are no larger than the
// newest. Context: hook. Locks: the caller's. Allocates: mmap. Signals: guarded. Zero-filled memory
// is empty.
#ifndef MEMSHIM_SHIM_UNWIND_NODE_INDEX_H_
#define MEMSHIM_SHIM_UNWIND_NODE_INDEX_H_

#include <atomic>
#include <cstdint>

#include "shim/base/attributes.h"
#include "shim/base/id_index.h"
#include "shim/ledger/format.h"

namespace memshim::unwind {

class NodeIndex {
 public:
  static constexpr uint32_t kNone = 0;  // the root is nobody's child

  MEMSHIM_INLINE uint32_t Find(uint32_t parent, uint32_t frame) const {
    // acquire: pairs with the release in Grow.
    const Table* table = table_.load(std::memory_order_acquire);
    if (table == nullptr) [[unlikely]]
      return kNone;
    const uint64_t product = ProductOf(parent, frame);
    uint64_t home = product >> table->rest_bits;
    uint64_t label = table->LabelOf(product);
    for (const uint64_t last = home + kFarthest;; ++home, ++label) {
      // acquire: pairs with the release in Put; the node behind the id is complete.
      const uint64_t slot = table->at[home & table->mask].load(std::memory_order_acquire);
      if (slot >> table->id_bits == label) return static_cast<uint32_t>(slot & table->id_mask);
      if (slot == 0 || home == last) return kNone;
    }
  }

  // Sends for the slot where Find begins.
  MEMSHIM_INLINE void Expect(uint32_t parent, uint32_t frame) const {
    const Table* table = table_.load(std::memory_order_acquire);
    if (table == nullptr) [[unlikely]]
      return;
    __builtin_prefetch(&table->at[ProductOf(parent, frame) >> table->rest_bits]);
  }

  // Adds a node that Find does not find. False: no memory, or far too many nodes for it; it is then
  // not found again and will be inserted anew, nothing else.
  bool Insert(uint32_t parent, uint32_t frame, uint32_t id);

 private:
  static constexpr int kFrameBits = 28, kKeyBits = 57;
  static constexpr int kDistanceBits = 5;
  static constexpr int kFirstBits = 11;
  static constexpr uint64_t kFarthest = (1 << kDistanceBits) - 1;
  static_assert(ledger::kMaxUnits * uint64_t{ledger::kUnitBytes} / sizeof(ledger::Frame) <=
                uint64_t{1} << kFrameBits);
  static_assert(ledger::kMaxUnits * uint64_t{ledger::kUnitBytes} / sizeof(ledger::Node) <=
                uint64_t{1} << (kKeyBits - kFrameBits));

  struct Table {
    int rest_bits;  // of the product, behind home
    int id_bits;    // what is left of a slot: for four times as many ids as there are slots
    uint64_t mask;
    uint64_t id_mask;
    std::atomic<uint64_t> at[];  // 0: empty

    // The upper part of the slot in which a product would stand at its home.
    uint64_t LabelOf(uint64_t product) const {
      return (product & ((uint64_t{1} << rest_bits) - 1)) << kDistanceBits;
    }
  };

  static uint64_t ProductOf(uint32_t parent, uint32_t frame) {
    const uint64_t key = uint64_t{parent} << kFrameBits | frame;
    return key * base::kHashFactor & ((uint64_t{1} << kKeyBits) - 1);
  }
  static bool Put(Table* table, uint64_t product, uint32_t id);
  bool Grow();

  std::atomic<Table*> table_;
  uint64_t used_;
};

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_NODE_INDEX_H_
