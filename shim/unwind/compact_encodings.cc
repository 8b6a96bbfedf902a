// See compact_unwind.h. Here: the words that describe functions.
#include <cstring>

#include "shim/unwind/compact_unwind.h"

namespace memshim::unwind {
namespace {

using Kind = CompactFrame::Kind;

constexpr uint32_t kModeMask = 0x0f000000;
constexpr uint32_t kDescriptionMask = 0x00ffffff;

constexpr uint32_t Bits(uint32_t encoding, int shift, int count) {
  return encoding >> shift & ((1u << count) - 1);
}

// A function that only .eh_frame tells of.
CompactFrame Described(uint32_t encoding) {
  CompactFrame frame;
  frame.kind = Kind::kDescribed;
  frame.description = encoding & kDescriptionMask;
  return frame;
}

// x86-64.
constexpr uint32_t kMostPushed = 6;
// Of the numbers 1 to 6; 0 is none.
constexpr uint32_t kPushedRegisters[] = {~0u, 3 /* rbx */, 12, 13, 14, 15, 6 /* rbp */};
constexpr uint32_t kRbp = 6;

// rbp points to the caller's; up to five registers lie somewhere below.
CompactFrame DecodeRbpFrame(uint32_t encoding) {
  CompactFrame frame;
  frame.kind = Kind::kFromFramePointer;
  frame.cfa_offset = 16;
  frame.Save(kRbp, -16);
  const int64_t lowest = -16 - 8 * int64_t{Bits(encoding, 16, 8)};
  for (int i = 0; i < 5; ++i) {
    const uint32_t name = Bits(encoding, 3 * i, 3);
    if (name == 0) continue;
    if (name >= kMostPushed) return {};  // rbp is no such register
    frame.Save(kPushedRegisters[name], lowest + 8 * int64_t{i});
  }
  return frame;
}

// Which registers have been pushed, in which order: the Lehmer code of a permutation, in as few
// bits as it takes. Register i is the digit's-th of those that are not used yet.
bool DecodePermutation(uint32_t permutation, uint32_t count, uint32_t* names) {
  uint32_t digits[kMostPushed] = {};
  // A digit counts by the number of orders of those that follow: 6 registers, `count` are pushed.
  uint32_t rest = permutation;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t weight = 1;
    // With all six pushed the last digit is always zero and takes no room.
    for (uint32_t j = i + 1; j < count; ++j) weight *= kMostPushed - j;
    digits[i] = rest / weight;
    rest %= weight;
    if (digits[i] >= kMostPushed - i) return false;
  }
  bool is_used[kMostPushed + 1] = {};
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t unused = 0;
    for (uint32_t name = 1; name <= kMostPushed; ++name) {
      if (is_used[name]) continue;
      if (unused++ != digits[i]) continue;
      names[i] = name;
      is_used[name] = true;
      break;
    }
  }
  return true;
}

CompactFrame DecodeFrameless(uint32_t encoding, int64_t stack_bytes) {
  const uint32_t count = Bits(encoding, 10, 3);
  uint32_t names[kMostPushed] = {};
  if (count > kMostPushed || !DecodePermutation(Bits(encoding, 0, 10), count, names)) return {};
  CompactFrame frame;
  frame.kind = Kind::kFromStackPointer;
  frame.cfa_offset = stack_bytes;
  // The first one lies lowest; the return address above the last.
  for (uint32_t i = 0; i < count; ++i) {
    frame.Save(kPushedRegisters[names[i]], -8 - 8 * int64_t{count - i});
  }
  if (stack_bytes < 8 + 8 * int64_t{count}) return {};
  return frame;
}

}  // namespace

CompactFrame DecodeX86_64(uint32_t encoding, const uint8_t* code, uint64_t code_bytes) {
  constexpr uint32_t kRbpFrame = 0x01000000, kImmediate = 0x02000000, kIndirect = 0x03000000,
                     kDwarf = 0x04000000;
  const uint32_t size = Bits(encoding, 16, 8);
  switch (encoding & kModeMask) {
    case kRbpFrame:
      return DecodeRbpFrame(encoding);
    case kImmediate:
      return DecodeFrameless(encoding, 8 * int64_t{size});
    case kIndirect: {
      // `size` is where in the code the operand of "sub $bytes, %rsp" lies.
      uint32_t subtracted;
      if (code_bytes < sizeof(subtracted) || size > code_bytes - sizeof(subtracted)) return {};
      memcpy(&subtracted, code + size, sizeof(subtracted));
      return DecodeFrameless(encoding, int64_t{subtracted} + 8 * int64_t{Bits(encoding, 13, 3)});
    }
    case kDwarf:
      return Described(encoding);
    default:
      return {};
  }
}

CompactFrame DecodeArm64(uint32_t encoding) {
  constexpr uint32_t kFrameless = 0x02000000, kDwarf = 0x03000000, kWithFrame = 0x04000000;
  constexpr uint32_t kX29 = 29, kX30 = 30;
  // The first of each pair of saved registers, in the order of their bits and downwards in the
  // frame. Those of floating point, which four more bits name, lie below these and are in no rule.
  constexpr uint32_t kPairs[] = {19, 21, 23, 25, 27};
  CompactFrame frame;
  int64_t next = 0;
  switch (encoding & kModeMask) {
    case kFrameless:  // only of functions that call nobody
      frame.kind = Kind::kFromStackPointer;
      frame.cfa_offset = 16 * int64_t{Bits(encoding, 12, 12)};
      frame.returns_to_register = true;
      next = -8;
      break;
    case kWithFrame:
      frame.kind = Kind::kFromFramePointer;
      frame.cfa_offset = 16;
      frame.Save(kX30, -8);
      frame.Save(kX29, -16);
      next = -24;
      break;
    case kDwarf:
      return Described(encoding);
    default:
      return {};
  }
  for (int i = 0; i < 5; ++i) {
    if (Bits(encoding, i, 1) == 0) continue;
    frame.Save(kPairs[i], next);
    frame.Save(kPairs[i] + 1, next - 8);
    next -= 16;
  }
  return frame;
}

}  // namespace memshim::unwind
