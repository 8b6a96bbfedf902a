// The step from a frame to its caller in the form that most frames need: the caller's state follows
// from this frame's state and at most three words of the stack. All else needs CaptureFully.
// Context: hook. Locks: none. Allocates: no. Signals: guarded.
#ifndef MEMSHIM_SHIM_UNWIND_COMPACT_RULE_H_
#define MEMSHIM_SHIM_UNWIND_COMPACT_RULE_H_

#include <cstdint>

#include "registers.h"
#include "shim/base/attributes.h"
#include "shim/unwind/cfi.h"
#include "shim/unwind/frame_state.h"
#include "shim/unwind/readable.h"

namespace memshim::unwind {

// How the caller's CFA and frame pointer follow from this frame's stack and frame pointers. The CFA
// is the caller's stack pointer. Where the return address lies follows from it and, depending on
// the processor, from the frame pointer's offset (registers.h).
struct CompactRule {
  enum class Kind : uint8_t {
    kNone,              // not known yet
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

// The same in 36 bits. Zero: kNone.
class PackedRule {
 public:
  static constexpr int kBits = 36;

  // Of the lower kBits of a word; the others may be anything.
  constexpr explicit PackedRule(uint64_t word) : word_(word) {}
  // Requires: Fits(rule).
  constexpr explicit PackedRule(const CompactRule& rule)
      : word_(static_cast<uint64_t>(rule.kind) |
              static_cast<uint64_t>(rule.saves_frame_pointer) << kSavesShift |
              Field(rule.frame_pointer_offset, kFrameBits) << kFrameShift |
              Field(rule.cfa_offset, kCfaBits) << kCfaShift) {}
  static constexpr bool Fits(const CompactRule& rule) {
    const PackedRule packed(rule);
    return packed.cfa_offset() == static_cast<uint64_t>(int64_t{rule.cfa_offset}) &&
           packed.frame_pointer_offset() ==
               static_cast<uint64_t>(int64_t{rule.frame_pointer_offset});
  }

  constexpr CompactRule::Kind kind() const { return static_cast<CompactRule::Kind>(word_ & 7); }
  constexpr bool saves_frame_pointer() const { return (word_ >> kSavesShift & 1) != 0; }
  // To be added to an address, modulo 2^64.
  constexpr uint64_t cfa_offset() const { return Offset(kCfaShift, kCfaBits); }
  constexpr uint64_t frame_pointer_offset() const { return Offset(kFrameShift, kFrameBits); }
  constexpr uint64_t word() const { return word_ & ((uint64_t{1} << kBits) - 1); }

  // Whether it is of the two kinds that nearly all frames have.
  constexpr bool is_usual() const {
    return kind() == CompactRule::Kind::kFromStackPointer ||
           kind() == CompactRule::Kind::kFromFramePointer;
  }
  // Whether the caller's place on the stack depends on this frame's frame pointer.
  constexpr bool uses_frame_pointer() const {
    return kind() == CompactRule::Kind::kFromFramePointer ||
           kind() == CompactRule::Kind::kIndirect || kind() == CompactRule::Kind::kChain;
  }

 private:
  // kind 3 | saves 1 | frame pointer offset / 8: 12 or 16 | CFA offset / 8: the rest
  static constexpr int kSavesShift = 3;
  static constexpr int kFrameShift = 4, kFrameBits = kFrameOffsetBits;
  static constexpr int kCfaShift = kFrameShift + kFrameBits, kCfaBits = kBits - kCfaShift;

  static constexpr uint64_t Field(int32_t value, int bits) {
    return static_cast<uint64_t>(int64_t{value} / 8) & ((uint64_t{1} << bits) - 1);
  }
  constexpr uint64_t Offset(int shift, int bits) const {
    const int64_t extended = static_cast<int64_t>(word_ << (64 - shift - bits)) >> (64 - bits);
    return static_cast<uint64_t>(extended) * 8;
  }

  uint64_t word_;
};

// What code without description is left by.
inline constexpr CompactRule kChainRule = {CompactRule::Kind::kChain, true, 0, -16};

// The compact form of a row, kFull where there is none.
CompactRule CompactForm(const CfiRow& row);

enum class Step {
  kCaller,   // *frame is the caller's
  kEnd,      // there is no caller, as the frame's own state says
  kEndZero,  // there is none, as the return address is zero; *frame is what it would be, its pc -1
  kUnknown,  // a word cannot be read or makes no sense
  kFull,     // such a frame is not left compactly
};

// A stack pointer behind code without description is marked as a guess (registers.h).
constexpr bool IsGuessedStackPointer(uint64_t stack_pointer) {
  return (stack_pointer & kGuessedStackPointer) != 0;
}
constexpr uint64_t KnownStackPointer(uint64_t stack_pointer) {
  return stack_pointer & ~kGuessedStackPointer;
}

// The pair of words that a frame of code without description begins with must lie further out.
inline bool MayBeChained(uint64_t frame_pointer, uint64_t stack_pointer) {
  constexpr uint64_t kFarthest = 1 << 20;  // larger frames are not believed
  return frame_pointer >= stack_pointer && frame_pointer - stack_pointer < kFarthest &&
         frame_pointer % 8 == 0;
}

// The CFA by a rule that is not a usual one, and what the frame pointer is saved relative to. (That
// of kChain is what it is at least.)
// kCaller: both are set.
inline Step FindUnusualCfa(PackedRule rule, const FrameState& frame, Readable* readable,
                           uint64_t* cfa, uint64_t* saved_base) {
  switch (rule.kind()) {
    case CompactRule::Kind::kIndirect:
      *saved_base = frame.frame_pointer;
      return readable->Read(*saved_base + rule.cfa_offset(), cfa) ? Step::kCaller : Step::kUnknown;
    case CompactRule::Kind::kChain:
      if (!MayBeChained(frame.frame_pointer, KnownStackPointer(frame.stack_pointer))) {
        return Step::kEnd;
      }
      if (!readable->AreThere(frame.frame_pointer, 2)) return Step::kUnknown;
      *saved_base = *cfa = frame.frame_pointer + 16;
      return Step::kCaller;
    case CompactRule::Kind::kFull:
      return Step::kFull;
    default:
      return Step::kEnd;
  }
}

// From a frame to its caller's. Requires: a rule that is not kNone.
MEMSHIM_INLINE Step StepCompactly(PackedRule rule, FrameState* frame, Readable* readable) {
  uint64_t cfa, saved_base, guess = 0;
  if (rule.is_usual()) [[likely]] {
    const bool is_from_frame_pointer = rule.kind() == CompactRule::Kind::kFromFramePointer;
    cfa = (is_from_frame_pointer ? frame->frame_pointer : frame->stack_pointer) + rule.cfa_offset();
    if (IsGuessedStackPointer(frame->stack_pointer) && !is_from_frame_pointer) [[unlikely]] {
      // It is of the frame record that the frame pointer points to, or else unknown.
      if (!rule.saves_frame_pointer()) return Step::kUnknown;
      cfa = frame->frame_pointer - rule.frame_pointer_offset();
    }
    saved_base = cfa;
  } else {
    const Step found = FindUnusualCfa(rule, *frame, readable, &cfa, &saved_base);
    if (found != Step::kCaller) return found;
    if (rule.kind() == CompactRule::Kind::kChain) guess = kGuessedStackPointer;
  }
  // A caller's frame lies further out.
  uint64_t return_address, frame_pointer = frame->frame_pointer;
  if (cfa <= frame->stack_pointer ||
      !readable->Read(ReturnAddressPlace(cfa, rule.frame_pointer_offset()), &return_address)) {
    return Step::kUnknown;
  }
  return_address = CodeAddress(return_address);
  if (rule.saves_frame_pointer() && return_address != 0 &&
      !readable->Read(saved_base + rule.frame_pointer_offset(), &frame_pointer)) {
    return Step::kUnknown;
  }
  *frame = {return_address - 1, cfa | guess, frame_pointer};
  return return_address == 0 ? Step::kEndZero : Step::kCaller;
}

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_COMPACT_RULE_H_
