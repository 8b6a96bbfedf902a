// Compact unwinding rules by address: what most frames need, in one word.
//
// A rule is kept with the module generation in which it was learned; of another generation it
// counts as absent. Entries are two words that threads read and write without a lock: the key is
// the address XOR the rule, so a pair torn by two writers fits no address.
// Context: hook. Locks: none. Allocates: mmap at start. Signals: safe.
#ifndef MEMSHIM_SHIM_UNWIND_RULE_CACHE_H_
#define MEMSHIM_SHIM_UNWIND_RULE_CACHE_H_

#include <atomic>
#include <cstdint>

#include "shim/base/id_index.h"
#include "shim/base/memory.h"

namespace memshim::unwind {

// How the caller's CFA and frame pointer follow from this frame's stack and frame pointers. The
// return address is in the word below the CFA.
struct CompactRule {
  enum class Kind : uint8_t {
    kNone,              // not in the cache
    kFromStackPointer,  // CFA = stack pointer + cfa_offset
    kFromFramePointer,  // CFA = frame pointer + cfa_offset
    kIndirect,          // CFA = word at frame pointer + cfa_offset (realigned stacks)
    kChain,             // no description (JIT code): word pairs linked by the frame pointer
    kOutermost,         // there is no caller
    kFull,              // needs the whole interpreter
  };
  Kind kind = Kind::kNone;
  bool saves_frame_pointer = false;  // at CFA (kIndirect: at frame pointer) + frame_pointer_offset
  int32_t cfa_offset = 0;            // a multiple of 8
  int32_t frame_pointer_offset = 0;  // a multiple of 8
};

class RuleCache {
 public:
  bool Start() {
    entries_ = static_cast<Entry*>(base::MapPrivate(kEntries * sizeof(Entry)));
    return entries_ != nullptr;
  }

  CompactRule Find(uint64_t pc, uint32_t generation) const {
    const Entry& entry = entries_[base::MixHash(pc) % kEntries];
    // relaxed: the pair checks itself.
    const uint64_t key = entry.key.load(std::memory_order_relaxed);
    const uint64_t word = entry.word.load(std::memory_order_relaxed);
    if ((key ^ word) != pc || word >> kGenerationShift != (generation & kGenerationMask)) return {};
    return Unpack(word);
  }

  void Put(uint64_t pc, uint32_t generation, const CompactRule& rule) {
    Entry& entry = entries_[base::MixHash(pc) % kEntries];
    const uint64_t word = Pack(rule, generation);
    entry.key.store(pc ^ word, std::memory_order_relaxed);
    entry.word.store(word, std::memory_order_relaxed);
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
  static constexpr uint64_t kEntries = 1 << 16;  // 1 MiB of address space, touched as needed

  struct Entry {
    std::atomic<uint64_t> key;
    std::atomic<uint64_t> word;
  };

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

#endif  // MEMSHIM_SHIM_UNWIND_RULE_CACHE_H_
