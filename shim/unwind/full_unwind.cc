// Taking a stack with all registers: for those with a frame that a compact rule cannot leave
// (signal frames, odd registers, expressions).
#include <cstring>

#include "registers.h"
#include "shim/base/attributes.h"
#include "shim/unwind/unwinder.h"

namespace memshim::unwind {
namespace {

using RuleKind = RegisterRule::Kind;

bool ReadForExpression(uint64_t address, uint64_t* value, void* context) {
  return static_cast<Readable*>(context)->Read(address, value);
}

// The caller's value of one register. False: it cannot be known.
bool RestoreRegister(const RegisterRule& rule, uint64_t cfa, const uint64_t* registers,
                     uint32_t number, Readable* readable, uint64_t* value) {
  uint64_t address;
  switch (rule.kind) {
    case RuleKind::kSame:
      *value = registers[number];
      return true;
    case RuleKind::kAtCfa:
      return readable->Read(cfa + static_cast<uint64_t>(rule.offset), value);
    case RuleKind::kCfaPlus:
      *value = cfa + static_cast<uint64_t>(rule.offset);
      return true;
    case RuleKind::kRegister:
      *value = static_cast<uint64_t>(rule.offset) < kRegisters ? registers[rule.offset] : 0;
      return true;
    case RuleKind::kAtExpression:
      return EvaluateExpression(rule.expression, rule.size, registers, &cfa, ReadForExpression,
                                readable, &address) &&
             readable->Read(address, value);
    case RuleKind::kExpression:
      return EvaluateExpression(rule.expression, rule.size, registers, &cfa, ReadForExpression,
                                readable, value);
    default:
      return false;
  }
}

// A step through code without description.
bool StepByChain(uint64_t* registers, Readable* readable) {
  const uint64_t frame_pointer = registers[kFramePointer];
  if (!MayBeChained(frame_pointer, KnownStackPointer(registers[kStackPointer])) ||
      !readable->AreThere(frame_pointer, 2) ||
      !readable->Read(frame_pointer, &registers[kFramePointer]) ||
      !readable->Read(frame_pointer + 8, &registers[kReturnAddress])) {
    return false;
  }
  registers[kProgramCounter] = CodeAddress(registers[kReturnAddress]);
  registers[kStackPointer] = (frame_pointer + 16) | kGuessedStackPointer;
  return true;
}

// A step through code that has no description. *is_exact: the address was, and then the next is.
bool StepUndescribed(uint64_t pc, uint64_t* registers, Readable* readable, bool* is_exact) {
  const uint64_t address = *is_exact ? pc : pc + 1;
  if (*is_exact && LeaveStub(address, registers, readable)) {
    *is_exact = false;
    return true;
  }
  *is_exact = IsUndescribedSignalReturn(address, readable);
  if (*is_exact) return RestoreInterrupted(registers, readable);
  return StepByChain(registers, readable);
}

bool FindCfa(const CfiRow& row, const uint64_t* registers, Readable* readable, uint64_t* cfa) {
  if (row.cfa_is_expression) {
    return EvaluateExpression(row.cfa_expression, row.cfa_size, registers, nullptr,
                              ReadForExpression, readable, cfa);
  }
  if (row.cfa_register >= kRegisters) return false;
  *cfa = registers[row.cfa_register] + static_cast<uint64_t>(row.cfa_offset);
  if (row.cfa_register == kStackPointer && IsGuessedStackPointer(registers[kStackPointer])) {
    // As in StepCompactly.
    const RegisterRule& frame_pointer = row.rules[kFramePointer];
    if (frame_pointer.kind != RuleKind::kAtCfa) return false;
    *cfa = registers[kFramePointer] - static_cast<uint64_t>(frame_pointer.offset);
  }
  return true;
}

// False: the outermost frame, or nothing to go by. *is_exact: pc is not a return address less one,
// and then the next is not.
bool StepFully(uint64_t pc, uint64_t* registers, CaptureScratch* scratch, bool* is_exact) {
  bool is_signal_frame;
  const CfiResult result = FindRowOf(pc, &scratch->cfi, &is_signal_frame);
  if (result == CfiResult::kBroken) return false;
  if (result == CfiResult::kNone) {
    return StepUndescribed(pc, registers, &scratch->readable, is_exact);
  }
  // A return address that is in the register yet; a call would have changed that.
  const bool is_in_register = kReturnsByRegister && *is_exact;
  *is_exact = is_signal_frame;
  const CfiRow& row = scratch->cfi.row;
  uint64_t cfa;
  if (!FindCfa(row, registers, &scratch->readable, &cfa)) return false;
  uint64_t caller[kRegisters];
  for (uint32_t i = 0; i < kRegisters; ++i) {
    if (RestoreRegister(row.rules[i], cfa, registers, i, &scratch->readable, &caller[i])) continue;
    if (i == kReturnAddress || i == kStackPointer) return false;
    caller[i] = 0;
  }
  if (row.rules[kReturnAddress].kind == RuleKind::kSame && !is_in_register) return false;
  if (row.rules[kStackPointer].kind == RuleKind::kSame) caller[kStackPointer] = cfa;
  // A signal handler's frame may lie on another stack; any other caller lies further out, but that
  // of a function that has made no frame.
  const uint64_t least = registers[kStackPointer] + (is_in_register ? 0 : 1);
  if (!is_signal_frame && caller[kStackPointer] < least) return false;
  caller[kProgramCounter] = CodeAddress(caller[kReturnAddress]);
  memcpy(registers, caller, sizeof(caller));
  return true;
}

}  // namespace

MEMSHIM_NOINLINE int CaptureFully(CaptureScratch* scratch) {
  uint64_t registers[kRegisters];
  CaptureRegisters(registers);
  int depth = 0;
  bool is_exact = true;  // the first address is our own, not a return address
  for (int steps = 0; steps < kMaxCapture && depth < kMaxCapture; ++steps) {
    const uint64_t pc = registers[kProgramCounter] - (is_exact ? 0 : 1);
    if (registers[kProgramCounter] == 0) break;
    if (depth != 0 || !IsOwnCode(pc)) scratch->pcs[depth++] = pc;
    if (!StepFully(pc, registers, scratch, &is_exact)) break;
  }
  return depth;
}

}  // namespace memshim::unwind
