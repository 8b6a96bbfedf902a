// What is known of code addresses: the compact rule that leaves such a frame, and its id among the
// ledger's frames.
//
// Kept with the module generation in which it was learned; of another generation it counts as
// absent. Entries are words that threads read and write without a lock: the first is the address
// and a hash of the others, so that words of two writers fit no address.
// Context: hook. Locks: none. Allocates: mmap at start. Signals: safe.
#ifndef MEMSHIM_SHIM_UNWIND_CODE_CACHE_H_
#define MEMSHIM_SHIM_UNWIND_CODE_CACHE_H_

#include <atomic>
#include <cstdint>

#include "shim/base/id_index.h"
#include "shim/base/memory.h"
#include "shim/unwind/compact_rule.h"

namespace memshim::unwind {

// What is known of a code address.
struct KnownCode {
  CompactRule rule;    // kNone: nothing is known
  uint32_t frame = 0;  // in the ledger; 0: there was no room for it
};

class CodeCache {
 public:
  bool Start() {
    entries_ = static_cast<Entry*>(base::MapPrivate(kEntries * sizeof(Entry)));
    return entries_ != nullptr;
  }

  KnownCode Find(uint64_t pc, uint32_t generation) const {
    const Entry* pair = PairOf(pc);
    for (const Entry* entry = pair; entry != pair + kWays; ++entry) {
      // relaxed: the entry checks itself.
      const uint64_t key = entry->key.load(std::memory_order_relaxed);
      const uint64_t rule = entry->rule.load(std::memory_order_relaxed);
      const uint64_t frame = entry->frame.load(std::memory_order_relaxed);
      if ((key ^ Seal(rule, frame)) == pc && IsOf(rule, generation)) [[likely]]
        return {Unpack(rule), static_cast<uint32_t>(frame)};
    }
    return {};
  }

  void Put(uint64_t pc, uint32_t generation, const KnownCode& known) {
    // An entry of no use any more, or else one of the two by chance.
    Entry* pair = PairOf(pc);
    Entry* entry = &pair[pc >> 4 & 1];
    for (Entry* old = pair; old != pair + kWays; ++old) {
      if (!IsOf(old->rule.load(std::memory_order_relaxed), generation)) entry = old;
    }
    const uint64_t rule = Pack(known.rule, generation);
    entry->key.store(pc ^ Seal(rule, known.frame), std::memory_order_relaxed);
    entry->rule.store(rule, std::memory_order_relaxed);
    entry->frame.store(known.frame, std::memory_order_relaxed);
  }

  // Whether the offsets fit a packed rule.
  static bool Fits(const CompactRule& rule) {
    return rule.cfa_offset % 8 == 0 && rule.frame_pointer_offset % 8 == 0 &&
           rule.cfa_offset / 8 == Extend(rule.cfa_offset / 8, kCfaBits) &&
           rule.frame_pointer_offset / 8 == Extend(rule.frame_pointer_offset / 8, kFrameBits);
  }

 private:
  // kind 3 | saves 1 | frame pointer offset 12 | CFA offset 20 | generation 28
  static constexpr int kFrameShift = 4, kFrameBits = 12;
  static constexpr int kCfaShift = 16, kCfaBits = 20;
  static constexpr int kGenerationShift = 36;
  static constexpr uint32_t kGenerationMask = (1u << 28) - 1;
  static constexpr int kPairBits = 15;
  static constexpr uint64_t kWays = 2;
  static constexpr uint64_t kEntries = kWays << kPairBits;  // 2 MiB, touched as needed

  struct alignas(32) Entry {
    std::atomic<uint64_t> key;
    std::atomic<uint64_t> rule;
    std::atomic<uint64_t> frame;
  };

  // Both lie in one cache line.
  Entry* PairOf(uint64_t pc) const {
    return entries_ + kWays * ((pc * base::kHashFactor) >> (64 - kPairBits));
  }
  // Of an empty entry: false, as no rule's kind is 0.
  static bool IsOf(uint64_t rule, uint32_t generation) {
    return rule != 0 && rule >> kGenerationShift == (generation & kGenerationMask);
  }
  static uint64_t Seal(uint64_t rule, uint64_t frame) {
    return (rule + frame * base::kHashFactor) * base::kHashFactor;
  }

  static int32_t Extend(int64_t value, int bits) {
    return static_cast<int32_t>(static_cast<int64_t>(static_cast<uint64_t>(value) << (64 - bits)) >>
                                (64 - bits));
  }
  static uint64_t Field(int32_t value, int bits) {
    return static_cast<uint64_t>(static_cast<int64_t>(value)) & ((uint64_t{1} << bits) - 1);
  }
  static uint64_t Pack(const CompactRule& rule, uint32_t generation) {
    return static_cast<uint64_t>(rule.kind) | uint64_t{rule.saves_frame_pointer} << 3 |
           Field(rule.frame_pointer_offset / 8, kFrameBits) << kFrameShift |
           Field(rule.cfa_offset / 8, kCfaBits) << kCfaShift |
           uint64_t{generation & kGenerationMask} << kGenerationShift;
  }
  static CompactRule Unpack(uint64_t word) {
    CompactRule rule;
    rule.kind = static_cast<CompactRule::Kind>(word & 7);
    rule.saves_frame_pointer = (word >> 3 & 1) != 0;
    rule.frame_pointer_offset = 8 * Extend(static_cast<int64_t>(word >> kFrameShift), kFrameBits);
    rule.cfa_offset = 8 * Extend(static_cast<int64_t>(word >> kCfaShift), kCfaBits);
    return rule;
  }

  Entry* entries_ = nullptr;
};

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_CODE_CACHE_H_
