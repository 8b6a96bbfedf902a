// The registers of 64-bit ARM as call frame information numbers them ("DWARF for the Arm 64-bit
// Architecture", AADWARF64 4.1), and what its frames look like (AAPCS64 6.4).
// An architecture is a folder with a file of this name; the build puts one on the include path.
//
//   frame record   {caller's x29, return address}, two words anywhere in the frame; x29 points to
//                  the record of the innermost frame that has one
//   return address in x30 after a call; a function that calls others saves it, in the record or
//                  alone. With pointer authentication it is signed in bits that addresses do not
//                  use.
// Context: hook. Locks: none. Allocates: no. Signals: safe.
#ifndef MEMSHIM_SHIM_UNWIND_AARCH64_REGISTERS_H_
#define MEMSHIM_SHIM_UNWIND_AARCH64_REGISTERS_H_

#include <cstdint>

#include "shim/unwind/frame_state.h"

namespace memshim::unwind {

inline constexpr uint32_t kRegisters = 33;       // the general ones, sp, and pc
inline constexpr uint32_t kFramePointer = 29;    // x29
inline constexpr uint32_t kReturnAddress = 30;   // x30
inline constexpr uint32_t kStackPointer = 31;    // sp
inline constexpr uint32_t kProgramCounter = 32;  // of the frame itself

// DW_CFA_AARCH64_negate_ra_state, with and without pc: says that the return address becomes signed
// or no longer is. We need not know (CodeAddress).
inline constexpr bool kSignsReturnAddresses = true;
// A frame may go on with the return address that is in the register.
inline constexpr bool kReturnsByRegister = true;
// Compact rules: return address and frame pointer lie side by side, their place has this many bits.
inline constexpr int kFrameOffsetBits = 16;
// Behind code without description the caller's stack pointer is not known, only that it lies
// beyond the frame record: then it has this bit, which no stack pointer has.
inline constexpr uint64_t kGuessedStackPointer = 1;

// Where the return address lies by a compact rule.
constexpr uint64_t ReturnAddressPlace(uint64_t cfa, uint64_t frame_pointer_offset) {
  return cfa + frame_pointer_offset + 8;
}
// The frame pointer's offset of a compact rule for a return address and, if saved, a frame pointer
// at these distances from the CFA. False: there is none.
constexpr bool FindFrameOffset(int64_t return_address, bool saves_frame_pointer,
                               int64_t frame_pointer, int64_t* offset) {
  *offset = return_address - 8;
  return !saves_frame_pointer || frame_pointer == *offset;
}

// The address that a return goes to, without a signature. (xpaclri, which does nothing on a
// processor without pointer authentication.)
inline uint64_t CodeAddress(uint64_t return_address) {
  register uint64_t x30 __asm__("x30") = return_address;
  __asm__("hint #7" : "+r"(x30));
  return x30;
}
// The word at `place`, which CodeAddress made `return_address` of.
inline uint64_t SignedReturnAddress(uint64_t place, uint64_t) {
  return *reinterpret_cast<const uint64_t*>(place);
}

// Fills in the registers as they are where this is expanded. Those that calls do not keep have no
// meaning to an outer frame and are zero.
__attribute__((always_inline)) inline void CaptureRegisters(uint64_t* registers) {
  for (uint32_t i = 0; i < kRegisters; ++i) registers[i] = 0;
  __asm__ volatile(
      "stp x19, x20, [%0, #152]\n\t"
      "stp x21, x22, [%0, #168]\n\t"
      "stp x23, x24, [%0, #184]\n\t"
      "stp x25, x26, [%0, #200]\n\t"
      "stp x27, x28, [%0, #216]\n\t"
      "stp x29, x30, [%0, #232]\n\t"
      "mov x9, sp\n\t"
      "adr x10, 0f\n"
      "0:\tstp x9, x10, [%0, #248]\n\t"
      :
      : "r"(registers)
      : "x9", "x10", "memory");
}

// The state of the caller of the function that this stands in.
#define MEMSHIM_CALLER                                                                           \
  (memshim::unwind::FrameState{                                                                  \
      memshim::unwind::CodeAddress(reinterpret_cast<uint64_t>(__builtin_return_address(0))) - 1, \
      reinterpret_cast<uint64_t>(__builtin_dwarf_cfa()),                                         \
      *static_cast<const uint64_t*>(__builtin_frame_address(0))})

// True where the code at `address` is the kernel's way back from a signal handler: mov x8, #139
// (rt_sigreturn); svc #0. It has no description (Linux 5.8 took that away, as unwinders look at the
// code; before, it told of the interrupted frame's caller). Requires: two words can be read there.
inline constexpr bool kIsSignalReturnDescribed = false;
inline bool IsSignalReturn(uint64_t address) {
  const uint32_t* code = reinterpret_cast<const uint32_t*>(address);
  return address % 4 == 0 && code[0] == 0xd2801168 && code[1] == 0xd4000001;
}

// The registers of the frame that a signal has interrupted, from the kernel's struct rt_sigframe at
// the stack pointer: siginfo (128 bytes), ucontext up to its struct sigcontext (176 bytes), there
// the fault's address, x0 to x30, sp, pc. False: it cannot be read.
template <typename Reader>
bool RestoreInterrupted(uint64_t* registers, Reader* readable) {
  constexpr uint64_t kRegistersOffset = 128 + 176 + 8;
  const uint64_t at = registers[kStackPointer] + kRegistersOffset;
  uint64_t interrupted[kRegisters];
  for (uint32_t i = 0; i < kRegisters; ++i) {
    if (!readable->Read(at + i * 8, &interrupted[i])) return false;
  }
  for (uint32_t i = 0; i < kRegisters; ++i) registers[i] = interrupted[i];
  return true;
}

// The instructions of a linkage stub, which has no description: adrp x16; ldr x17, [x16, #n];
// add x16, x16, #n; br x17, perhaps behind bti c. The first of them all, for functions that are not
// bound yet, begins with stp x16, x30, [sp, #-16]!.
inline bool IsOfStub(uint32_t code) {
  return (code & 0x9f00001f) == 0x90000010 || (code & 0xffc003ff) == 0xf9400211 ||
         (code & 0xff8003ff) == 0x91000210 || code == 0xd61f0220 || code == 0xd503245f;
}
// Leaves a stub that was interrupted at `pc`: x30 is its caller's. False: it is none.
template <typename Reader>
bool LeaveStub(uint64_t pc, uint64_t* registers, Reader* readable) {
  constexpr uint32_t kBranch = 0xd61f0220, kPush = 0xa9bf7bf0;
  constexpr int kLongest = 5;
  if (pc % 4 != 0 || !readable->AreThere(pc / 8 * 8 - 16, 6)) return false;
  const uint32_t* code = reinterpret_cast<const uint32_t*>(pc);
  int ahead = code[0] == kPush ? 1 : 0;
  while (ahead < kLongest && IsOfStub(code[ahead]) && code[ahead] != kBranch) ++ahead;
  if (ahead == kLongest || code[ahead] != kBranch) return false;
  int back = 1;
  while (back < kLongest - 1 && IsOfStub(code[-back]) && code[-back] != kBranch) ++back;
  if (code[0] != kPush && code[-back] == kPush) registers[kStackPointer] += 16;
  registers[kProgramCounter] = CodeAddress(registers[kReturnAddress]);
  return true;
}

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_AARCH64_REGISTERS_H_
