// What is known of code addresses: the compact rule that leaves such a frame, and its id among the
// ledger's frames.
//
// An address is entered once and keeps its slot; what is known of it is learned anew in each module
// generation. A slot is two words: the first names address and generation, the second tells what is
// known and follows from the first, so that a reader who finds the first unchanged behind the
// second has read a pair. Look-ups take no lock. Grows like base::IdIndex: old tables stay mapped.
// Context: hook. Locks: its own. Allocates: mmap. Signals: guarded. Zero-filled memory is empty.
#ifndef MEMSHIM_SHIM_UNWIND_CODE_CACHE_H_
#define MEMSHIM_SHIM_UNWIND_CODE_CACHE_H_

#include <atomic>
#include <cstdint>

#include "shim/base/attributes.h"
#include "shim/base/id_index.h"
#include "shim/base/lock.h"
#include "shim/unwind/compact_rule.h"

namespace memshim::unwind {

// A rule and a frame id in one word; 0: nothing is known.
class KnownCode {
 public:
  constexpr KnownCode() = default;
  constexpr explicit KnownCode(uint64_t word) : word_(word) {}
  // `frame` is below 2^28; 0: there was no room for it.
  constexpr KnownCode(PackedRule rule, uint32_t frame)
      : word_(uint64_t{frame} << PackedRule::kBits | rule.word()) {}

  constexpr PackedRule rule() const { return PackedRule(word_); }
  constexpr uint32_t frame() const { return static_cast<uint32_t>(word_ >> PackedRule::kBits); }
  constexpr uint64_t word() const { return word_; }
  constexpr bool is_known() const { return word_ != 0; }

 private:
  uint64_t word_ = 0;
};

class CodeCache {
  struct Table;

 public:
  // For looking up many addresses in one generation. Does not find what is put in meanwhile.
  class Reader {
   public:
    Reader(const CodeCache& cache, uint32_t generation)
        // acquire: pairs with the release in Grow.
        : table_(cache.table_.load(std::memory_order_acquire)), key_(NameOf(0, generation)) {}

    MEMSHIM_INLINE KnownCode Find(uint64_t pc) const {
      if (table_ == nullptr || pc >> kAddressBits != 0) [[unlikely]]
        return {};
      const uint64_t wanted = pc << kAddressShift | key_;
      for (uint64_t at = PlaceOf(pc, *table_);; at = (at + 1) & table_->mask) {
        const Slot& slot = table_->at[at];
        // acquire: a reader who sees this name sees its word or a later one ...
        const uint64_t name = slot.name.load(std::memory_order_acquire);
        if (name == wanted) [[likely]] {
          const uint64_t word = slot.word.load(std::memory_order_acquire);
          // ... and in that case another name here.
          return KnownCode(slot.name.load(std::memory_order_relaxed) == name ? word : 0);
        }
        if (name == 0) return {};
      }
    }

   private:
    const Table* table_;
    uint64_t key_;
  };

  // What is known of a code address in a generation: the same, whichever thread learns it.
  void Put(uint64_t pc, uint32_t generation, KnownCode known);

  // The generations count up to the next one. Before they come round to one that an address may
  // have been seen in, all is forgotten.
  void Prepare(uint32_t generation) {
    constexpr uint32_t kLast = 64;  // several threads may count at once
    constexpr uint32_t kAll = 1u << kGenerationBits;
    if (generation % kAll >= kAll - kLast) Forget();
  }

 private:
  static constexpr int kAddressBits = base::kAddressBits;
  static constexpr int kAddressShift = 64 - kAddressBits;
  static constexpr int kGenerationBits = kAddressShift - 1;
  static constexpr int kFirstBits = 10;

  struct Slot {
    std::atomic<uint64_t> name;  // address | generation | whether it changes just now; 0: empty
    std::atomic<uint64_t> word;
  };
  struct Table {
    int shift;
    uint64_t mask;
    Slot at[];
  };

  static constexpr uint64_t NameOf(uint64_t pc, uint32_t generation) {
    return pc << kAddressShift | (generation & ((1u << kGenerationBits) - 1)) << 1;
  }
  static uint64_t PlaceOf(uint64_t pc, const Table& table) {
    return (pc * base::kHashFactor) >> table.shift;
  }
  static Slot* SlotFor(uint64_t pc, Table* table);
  bool Grow();
  void Forget();

  base::Lock lock_;
  std::atomic<Table*> table_;
  uint64_t used_;
};

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_CODE_CACHE_H_
