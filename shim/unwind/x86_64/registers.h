// The registers of x86-64 as call frame information numbers them (System V psABI, figure 3.36).
// An architecture is a folder with a file of this name; the build puts one on the include path.
// Context: hook. Locks: none. Allocates: no. Signals: safe.
#ifndef MEMSHIM_SHIM_UNWIND_X86_64_REGISTERS_H_
#define MEMSHIM_SHIM_UNWIND_X86_64_REGISTERS_H_

#include <cstdint>

#include "shim/unwind/frame_state.h"

namespace memshim::unwind {

inline constexpr uint32_t kRegisters = 17;      // the general ones and the return address
inline constexpr uint32_t kFramePointer = 6;    // rbp
inline constexpr uint32_t kStackPointer = 7;    // rsp
inline constexpr uint32_t kReturnAddress = 16;  // rip
inline constexpr uint32_t kProgramCounter = 16;

inline constexpr bool kSignsReturnAddresses = false;
// A call leaves the return address on the stack, always.
inline constexpr bool kReturnsByRegister = false;
// Compact rules: the place of the saved frame pointer has this many bits.
inline constexpr int kFrameOffsetBits = 12;
// Behind code without description the caller's stack pointer is taken to be right.
inline constexpr uint64_t kGuessedStackPointer = 0;

// Where the return address lies by a compact rule: in the word below the CFA.
constexpr uint64_t ReturnAddressPlace(uint64_t cfa, uint64_t) { return cfa - 8; }
// The frame pointer's offset of a compact rule for a return address and, if saved, a frame pointer
// at these distances from the CFA. False: there is none.
constexpr bool FindFrameOffset(int64_t return_address, bool saves_frame_pointer,
                               int64_t frame_pointer, int64_t* offset) {
  *offset = saves_frame_pointer ? frame_pointer : 0;
  return return_address == -8;
}

// The address that a return goes to.
constexpr uint64_t CodeAddress(uint64_t return_address) { return return_address; }
// The word at a place that CodeAddress made `return_address` of.
constexpr uint64_t SignedReturnAddress(uint64_t, uint64_t return_address) { return return_address; }

// Fills in the registers as they are where this is expanded. Those that calls do not keep have no
// meaning to an outer frame and are zero.
__attribute__((always_inline)) inline void CaptureRegisters(uint64_t* registers) {
  for (uint32_t i = 0; i < kRegisters; ++i) registers[i] = 0;
  __asm__ volatile(
      "movq %%rbx, 24(%0)\n\t"
      "movq %%rbp, 48(%0)\n\t"
      "movq %%rsp, 56(%0)\n\t"
      "movq %%r12, 96(%0)\n\t"
      "movq %%r13, 104(%0)\n\t"
      "movq %%r14, 112(%0)\n\t"
      "movq %%r15, 120(%0)\n\t"
      "leaq 0f(%%rip), %%rax\n"
      "0:\tmovq %%rax, 128(%0)\n\t"
      :
      : "r"(registers)
      : "rax", "memory");
}

// The caller's state, from __builtin_frame_address(0): a frame pointer has been pushed there, below
// the return address.
inline FrameState CallerOf(const void* frame_address) {
  const uint64_t* words = static_cast<const uint64_t*>(frame_address);
  return {words[1] - 1, reinterpret_cast<uint64_t>(words + 2), words[0]};
}

// The state of the caller of the function that this stands in.
#define MEMSHIM_CALLER (memshim::unwind::CallerOf(__builtin_frame_address(0)))

// True where the code at `address` is the kernel's way back from a signal handler: mov $15, %rax;
// syscall (rt_sigreturn). Requires: code lies there. It has a description, of a signal frame.
inline constexpr bool kIsSignalReturnDescribed = true;
inline bool IsSignalReturn(uint64_t address) {
  static constexpr unsigned char kCode[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
  const unsigned char* code = reinterpret_cast<const unsigned char*>(address);
  uint32_t same = 0;
  while (same < sizeof(kCode) && code[same] == kCode[same]) ++same;
  return same == sizeof(kCode);
}

// Where all that is met has a description, or a frame pointer.
template <typename Reader>
bool RestoreInterrupted(uint64_t*, Reader*) {
  return false;
}
template <typename Reader>
bool LeaveStub(uint64_t, uint64_t*, Reader*) {
  return false;
}

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_X86_64_REGISTERS_H_
