// The engine `unwinder=cfi`: our own, by call frame information. It takes no lock, opens nothing,
// calls nothing of the program's but _dl_find_object (lock-free), and never relies on frame
// pointers where a description exists.
//
// Most frames are left by a compact rule from the cache that needs the stack and frame pointer
// alone. A stack with a frame that needs more (signal frames, odd registers, expressions) is taken
// again from its beginning with all registers.
// Every word is read only where memory is known to be readable, so that a wrong description costs
// the rest of a stack and not the program.
#include <cerrno>
#include <cstring>

#include "shim/base/attributes.h"
#include "shim/base/memory.h"
#include "shim/base/restricted.h"
#include "shim/unwind/modules.h"
#include "shim/unwind/rule_cache.h"
#include "shim/unwind/unwinder.h"

namespace memshim::unwind {
namespace {

using Kind = CompactRule::Kind;
using RuleKind = RegisterRule::Kind;

constinit RuleCache g_rules;

// Asks the kernel to read a word on our behalf: with an unknown first argument it reports EFAULT
// where it cannot read the set, and changes nothing where it can. Allowed by every seccomp filter
// that lets a C library work.
bool ProbePage(uint64_t page) {
  return !base::g_is_restricted &&
         base::RawSyscall(SYS_rt_sigprocmask, -1, static_cast<long>(page), 0, 8) == -EINVAL;
}

MEMSHIM_NOINLINE bool ExtendReadable(uint64_t address, CaptureScratch* scratch) {
  const uint64_t page = address & ~uint64_t{base::kPageBytes - 1};
  if (!ProbePage(page)) return false;
  if (page == scratch->readable_end) {
    scratch->readable_end += base::kPageBytes;
  } else if (page + base::kPageBytes == scratch->readable_start) {
    scratch->readable_start = page;
  } else {  // another stack
    scratch->readable_start = page;
    scratch->readable_end = page + base::kPageBytes;
  }
  return true;
}

bool Read(uint64_t address, uint64_t* value, CaptureScratch* scratch) {
  if (address % 8 != 0) [[unlikely]]
    return false;
  if (address - scratch->readable_start >= scratch->readable_end - scratch->readable_start &&
      !ExtendReadable(address, scratch)) [[unlikely]] {
    return false;
  }
  *value = *reinterpret_cast<const uint64_t*>(address);
  return true;
}

bool ReadForExpression(uint64_t address, uint64_t* value, void* context) {
  return Read(address, value, static_cast<CaptureScratch*>(context));
}

// The code of "breg<frame pointer> offset", with nothing behind it but what `rest` says.
bool IsFramePointerPlus(const uint8_t* expression, uint32_t size, const char* rest,
                        uint32_t rest_size, int32_t* offset) {
  if (size != 2 + rest_size || expression[0] != 0x70 + kFramePointer) return false;
  if ((expression[1] & 0x80) != 0 || memcmp(expression + 2, rest, rest_size) != 0) return false;
  *offset = static_cast<int8_t>(expression[1] << 1) >> 1;  // SLEB128 of one byte
  return true;
}

// The compact form of a row, kFull where there is none.
CompactRule Compact(const CfiRow& row) {
  CompactRule rule;
  rule.kind = Kind::kFull;
  const RegisterRule& return_address = row.rules[kReturnAddress];
  const RegisterRule& frame_pointer = row.rules[kFramePointer];
  if (return_address.kind == RuleKind::kUndefined) return {Kind::kOutermost};
  if (return_address.kind != RuleKind::kAtCfa || return_address.offset != kReturnAddressOffset ||
      row.rules[kStackPointer].kind != RuleKind::kSame) {
    return rule;
  }
  CompactRule compact;
  if (row.cfa_is_expression) {
    constexpr char kDereference[] = {0x06};
    if (!IsFramePointerPlus(row.cfa_expression, row.cfa_size, kDereference, 1,
                            &compact.cfa_offset) ||
        frame_pointer.kind != RuleKind::kAtExpression ||
        !IsFramePointerPlus(frame_pointer.expression, frame_pointer.size, "", 0,
                            &compact.frame_pointer_offset)) {
      return rule;
    }
    compact.kind = Kind::kIndirect;
    compact.saves_frame_pointer = true;
  } else {
    if (row.cfa_register != kStackPointer && row.cfa_register != kFramePointer) return rule;
    compact.kind =
        row.cfa_register == kStackPointer ? Kind::kFromStackPointer : Kind::kFromFramePointer;
    compact.cfa_offset = static_cast<int32_t>(row.cfa_offset);
    compact.saves_frame_pointer = frame_pointer.kind == RuleKind::kAtCfa;
    if (compact.cfa_offset != row.cfa_offset) return rule;
    if (compact.saves_frame_pointer) {
      compact.frame_pointer_offset = static_cast<int32_t>(frame_pointer.offset);
      if (compact.frame_pointer_offset != frame_pointer.offset) return rule;
    } else if (frame_pointer.kind != RuleKind::kSame) {
      return rule;
    }
  }
  return RuleCache::Fits(compact) ? compact : rule;
}

MEMSHIM_NOINLINE CompactRule Learn(uint64_t pc, uint32_t generation, CaptureScratch* scratch) {
  CompactRule rule;
  bool is_signal_frame = false;
  switch (FindRowOf(pc, &scratch->cfi, &is_signal_frame)) {
    case CfiResult::kFound:
      rule = is_signal_frame ? CompactRule{Kind::kFull} : Compact(scratch->cfi.row);
      break;
    case CfiResult::kNone:
      rule.kind = Kind::kChain;
      break;
    case CfiResult::kBroken:
      rule.kind = Kind::kOutermost;
      break;
  }
  g_rules.Put(pc, generation, rule);
  return rule;
}

// Code without description, such as a JIT compiler's or node's built-ins: the frame pointer may
// link its frames. The next word pair must lie further out, in readable memory.
bool StepChain(uint64_t frame_pointer, uint64_t stack_pointer, CaptureScratch* scratch,
               uint64_t* next_frame_pointer, uint64_t* return_address) {
  constexpr uint64_t kFarthest = 1 << 20;  // larger frames are not believed
  return frame_pointer >= stack_pointer && frame_pointer - stack_pointer < kFarthest &&
         Read(frame_pointer, next_frame_pointer, scratch) &&
         Read(frame_pointer + 8, return_address, scratch);
}

class Stack {
 public:
  explicit Stack(CaptureScratch* scratch) : scratch_(scratch) {}
  // False when there is no room for more.
  bool Add(uint64_t pc) {
    if (depth_ == 0 && IsOwnCode(pc)) return true;
    scratch_->pcs[depth_++] = pc;
    return depth_ < kMaxCapture;
  }
  int depth() const { return depth_; }

 private:
  CaptureScratch* scratch_;
  int depth_ = 0;
};

// The caller's value of one register. False: it cannot be known.
bool RestoreRegister(const RegisterRule& rule, uint64_t cfa, const uint64_t* registers,
                     uint32_t number, CaptureScratch* scratch, uint64_t* value) {
  uint64_t address;
  switch (rule.kind) {
    case RuleKind::kSame:
      *value = registers[number];
      return true;
    case RuleKind::kAtCfa:
      return Read(cfa + static_cast<uint64_t>(rule.offset), value, scratch);
    case RuleKind::kCfaPlus:
      *value = cfa + static_cast<uint64_t>(rule.offset);
      return true;
    case RuleKind::kRegister:
      *value = static_cast<uint64_t>(rule.offset) < kRegisters ? registers[rule.offset] : 0;
      return true;
    case RuleKind::kAtExpression:
      return EvaluateExpression(rule.expression, rule.size, registers, &cfa, ReadForExpression,
                                scratch, &address) &&
             Read(address, value, scratch);
    case RuleKind::kExpression:
      return EvaluateExpression(rule.expression, rule.size, registers, &cfa, ReadForExpression,
                                scratch, value);
    default:
      return false;
  }
}

// One step with all registers. False: the outermost frame, or nothing to go by.
bool StepFully(uint64_t pc, uint64_t* registers, CaptureScratch* scratch, bool* is_signal_frame) {
  const CfiResult result = FindRowOf(pc, &scratch->cfi, is_signal_frame);
  if (result == CfiResult::kBroken) return false;
  if (result == CfiResult::kNone) {
    const uint64_t frame_pointer = registers[kFramePointer];
    if (!StepChain(frame_pointer, registers[kStackPointer], scratch, &registers[kFramePointer],
                   &registers[kReturnAddress])) {
      return false;
    }
    registers[kStackPointer] = frame_pointer + 16;
    return true;
  }
  const CfiRow& row = scratch->cfi.row;
  uint64_t cfa;
  if (!row.cfa_is_expression) {
    if (row.cfa_register >= kRegisters) return false;
    cfa = registers[row.cfa_register] + static_cast<uint64_t>(row.cfa_offset);
  } else if (!EvaluateExpression(row.cfa_expression, row.cfa_size, registers, nullptr,
                                 ReadForExpression, scratch, &cfa)) {
    return false;
  }
  uint64_t caller[kRegisters];
  for (uint32_t i = 0; i < kRegisters; ++i) {
    if (RestoreRegister(row.rules[i], cfa, registers, i, scratch, &caller[i])) continue;
    if (i == kReturnAddress || i == kStackPointer) return false;
    caller[i] = 0;
  }
  if (row.rules[kReturnAddress].kind == RuleKind::kSame) return false;
  if (row.rules[kStackPointer].kind == RuleKind::kSame) caller[kStackPointer] = cfa;
  // A signal handler's frame may lie on another stack; any other caller lies further out.
  if (!*is_signal_frame && caller[kStackPointer] <= registers[kStackPointer]) return false;
  memcpy(registers, caller, sizeof(caller));
  return true;
}

MEMSHIM_NOINLINE int CaptureFully(uint64_t* registers, CaptureScratch* scratch) {
  Stack stack(scratch);
  bool is_exact = true;  // the first address is our own, not a return address
  for (int steps = 0; steps < kMaxCapture; ++steps) {
    const uint64_t pc = registers[kReturnAddress] - (is_exact ? 0 : 1);
    if (registers[kReturnAddress] == 0 || !stack.Add(pc)) break;
    if (!StepFully(pc, registers, scratch, &is_exact)) break;
  }
  return stack.depth();
}

// What a compact rule needs to know of a frame.
struct FrameState {
  uint64_t pc;
  uint64_t stack_pointer;
  uint64_t frame_pointer;
};

uint64_t Plus(uint64_t base, int32_t offset) {
  return base + static_cast<uint64_t>(int64_t{offset});
}

// From a frame to its caller's by a compact rule. False: the outermost frame, or nothing to go by.
inline bool StepCompactly(const CompactRule& rule, FrameState* frame, CaptureScratch* scratch) {
  uint64_t cfa, return_address, caller_frame_pointer = frame->frame_pointer;
  uint64_t saved_base;
  switch (rule.kind) {
    case Kind::kFromStackPointer:
      saved_base = cfa = Plus(frame->stack_pointer, rule.cfa_offset);
      break;
    case Kind::kFromFramePointer:
      saved_base = cfa = Plus(frame->frame_pointer, rule.cfa_offset);
      break;
    case Kind::kIndirect:
      saved_base = frame->frame_pointer;
      if (!Read(Plus(saved_base, rule.cfa_offset), &cfa, scratch)) return false;
      break;
    case Kind::kChain:
      if (!StepChain(frame->frame_pointer, frame->stack_pointer, scratch, &caller_frame_pointer,
                     &return_address) ||
          return_address == 0) {
        return false;
      }
      *frame = {return_address - 1, frame->frame_pointer + 16, caller_frame_pointer};
      return true;
    default:
      return false;
  }
  // A caller's frame lies further out.
  if (cfa <= frame->stack_pointer ||
      !Read(cfa + static_cast<uint64_t>(kReturnAddressOffset), &return_address, scratch) ||
      return_address == 0) {
    return false;
  }
  if (rule.saves_frame_pointer &&
      !Read(Plus(saved_base, rule.frame_pointer_offset), &caller_frame_pointer, scratch)) {
    return false;
  }
  *frame = {return_address - 1, cfa, caller_frame_pointer};
  return true;
}

}  // namespace

CfiResult FindRowOf(uint64_t pc, CfiScratch* scratch, bool* is_signal_frame) {
  ModuleInfo module;
  *is_signal_frame = false;
  if (!FindModule(pc, &module) || module.eh_frame_header == 0) return CfiResult::kNone;
  return FindRow({module.start, module.end}, module.eh_frame_header, pc, scratch, is_signal_frame);
}

bool OpenCfi() { return g_rules.Start(); }

MEMSHIM_NOINLINE int CaptureByCfi(CaptureScratch* scratch, uint32_t generation) {
  uint64_t registers[kRegisters];
  CaptureRegisters(registers);
  FrameState frame = {registers[kReturnAddress], registers[kStackPointer],
                      registers[kFramePointer]};
  if (frame.stack_pointer - scratch->readable_start >=
      scratch->readable_end - scratch->readable_start) [[unlikely]] {
    scratch->readable_start = scratch->readable_end = 0;  // another stack
  }
  Stack stack(scratch);
  while (stack.Add(frame.pc)) {
    CompactRule rule = g_rules.Find(frame.pc, generation);
    if (rule.kind == Kind::kNone) [[unlikely]]
      rule = Learn(frame.pc, generation, scratch);
    if (rule.kind == Kind::kFull) [[unlikely]]
      return CaptureFully(registers, scratch);
    if (!StepCompactly(rule, &frame, scratch)) break;
  }
  return stack.depth();
}

}  // namespace memshim::unwind
