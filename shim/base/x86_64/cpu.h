// What the shim needs from the processor, for x86-64 Linux. An architecture is a folder with a
// file of this name; the build puts one of them on the include path.
//
// Why raw system calls and not libc's wrappers: those set errno, several are cancellation points,
// and other preloaded libraries interpose them.
// Context: hook. Locks: none. Allocates: no. Signals: safe.
#ifndef MEMSHIM_SHIM_BASE_X86_64_CPU_H_
#define MEMSHIM_SHIM_BASE_X86_64_CPU_H_

#include <cpuid.h>

#include <cstddef>
#include <cstdint>

namespace memshim::base {

// Bits of a program's addresses.
inline constexpr int kAddressBits = 47;
// The largest pages that a kernel for this processor may have.
inline constexpr size_t kLargestPageBytes = 4096;

// An address as it is without what a program may keep in its upper bits.
inline uint64_t WithoutTag(uint64_t address) { return address; }

// Returns the kernel's result: -errno on failure.
inline long RawSyscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                       long f = 0) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

// What the kernel's own library (vdso) calls its clock_gettime.
inline constexpr const char* kClockGettimeName = "__vdso_clock_gettime";

// The calling function's.
__attribute__((always_inline)) inline uintptr_t StackPointer() {
  uintptr_t result;
  __asm__("mov %%rsp, %0" : "=r"(result));
  return result;
}

// Tells the processor that this is a spinning loop.
inline void CpuRelax() { __builtin_ia32_pause(); }

// Puts {low, high} at the 16-byte aligned `at` if {*low_seen, *high_seen} is there; else gives what
// is there. One step for all threads (every processor since 2005; __atomic_* would call libatomic).
inline bool CompareExchange16(uint64_t* at, uint64_t* low_seen, uint64_t* high_seen, uint64_t low,
                              uint64_t high) {
  bool is_done;
  __asm__ volatile("lock cmpxchg16b %[at]"
                   : [at] "+m"(*reinterpret_cast<unsigned __int128*>(at)), "=@ccz"(is_done),
                     "+a"(*low_seen), "+d"(*high_seen)
                   : "b"(low), "c"(high)
                   : "memory");
  return is_done;
}

// Time in ticks of 1,024 cycles: 0.3 to 0.5 us.
class CycleCounter {
 public:
  // True when the cycle counter runs at one rate on all cores and in all power states ("invariant
  // TSC", leaf 0x80000007 of CPUID). Only then may it be read.
  bool Start() {
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007u, &a, &b, &c, &d) && (d & (1u << 8)) != 0;
  }
  uint64_t Ticks() const { return __builtin_ia32_rdtsc() >> kShift; }

 private:
  static constexpr int kShift = 10;
};

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_X86_64_CPU_H_
