// See compact_rule.h.
#include "shim/unwind/compact_rule.h"

#include <cstring>

namespace memshim::unwind {
namespace {

using RuleKind = RegisterRule::Kind;

// The code of "breg<frame pointer> offset", with nothing behind it but what `rest` says.
bool IsFramePointerPlus(const uint8_t* expression, uint32_t size, const char* rest,
                        uint32_t rest_size, int32_t* offset) {
  if (size != 2 + rest_size || expression[0] != 0x70 + kFramePointer) return false;
  if ((expression[1] & 0x80) != 0 || memcmp(expression + 2, rest, rest_size) != 0) return false;
  *offset = static_cast<int8_t>(expression[1] << 1) >> 1;  // SLEB128 of one byte
  return true;
}

// A realigned stack: the CFA is stored where the frame pointer points to. (Of x86-64.)
bool MakeIndirect(const CfiRow& row, CompactRule* rule) {
  int64_t offset;
  if (kReturnsByRegister || !FindFrameOffset(row.rules[kReturnAddress].offset, false, 0, &offset)) {
    return false;
  }
  constexpr char kDereference[] = {0x06};
  const RegisterRule& frame_pointer = row.rules[kFramePointer];
  rule->kind = CompactRule::Kind::kIndirect;
  rule->saves_frame_pointer = true;
  return IsFramePointerPlus(row.cfa_expression, row.cfa_size, kDereference, 1, &rule->cfa_offset) &&
         frame_pointer.kind == RuleKind::kAtExpression &&
         IsFramePointerPlus(frame_pointer.expression, frame_pointer.size, "", 0,
                            &rule->frame_pointer_offset);
}

bool MakeDirect(const CfiRow& row, CompactRule* rule) {
  const RegisterRule& frame_pointer = row.rules[kFramePointer];
  if (row.cfa_register != kStackPointer && row.cfa_register != kFramePointer) return false;
  rule->kind = row.cfa_register == kStackPointer ? CompactRule::Kind::kFromStackPointer
                                                 : CompactRule::Kind::kFromFramePointer;
  rule->cfa_offset = static_cast<int32_t>(row.cfa_offset);
  if (rule->cfa_offset != row.cfa_offset) return false;
  if (frame_pointer.kind != RuleKind::kSame && frame_pointer.kind != RuleKind::kAtCfa) return false;
  rule->saves_frame_pointer = frame_pointer.kind == RuleKind::kAtCfa;
  int64_t offset = 0;
  const bool is_found = FindFrameOffset(row.rules[kReturnAddress].offset, rule->saves_frame_pointer,
                                        frame_pointer.offset, &offset);
  rule->frame_pointer_offset = static_cast<int32_t>(offset);
  return is_found && rule->frame_pointer_offset == offset;
}

}  // namespace

CompactRule CompactForm(const CfiRow& row) {
  constexpr CompactRule kFull = {CompactRule::Kind::kFull};
  const RegisterRule& return_address = row.rules[kReturnAddress];
  if (return_address.kind == RuleKind::kUndefined) return {CompactRule::Kind::kOutermost};
  if (return_address.kind != RuleKind::kAtCfa || row.rules[kStackPointer].kind != RuleKind::kSame) {
    return kFull;
  }
  CompactRule rule;
  const bool is_made = row.cfa_is_expression ? MakeIndirect(row, &rule) : MakeDirect(row, &rule);
  return is_made && PackedRule::Fits(rule) ? rule : kFull;
}

}  // namespace memshim::unwind
