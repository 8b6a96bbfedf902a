// What the shim needs from the processor, for 64-bit ARM under Linux. An architecture is a folder
// with a file of this name; the build puts one of them on the include path.
//
// Why raw system calls and not libc's wrappers: those set errno, several are cancellation points,
// and other preloaded libraries interpose them.
// Context: hook. Locks: none. Allocates: no. Signals: safe.
#ifndef MEMSHIM_SHIM_BASE_AARCH64_CPU_H_
#define MEMSHIM_SHIM_BASE_AARCH64_CPU_H_

#include <cstddef>
#include <cstdint>

namespace memshim::base {

// Bits of a program's addresses. (52 where the kernel has them: it gives such addresses to those
// alone who ask for them by a hint, and then they are known in full or looked up each time.)
inline constexpr int kAddressBits = 48;
// The largest pages that a kernel for this processor may have: 4, 16 and 64 KiB are built.
inline constexpr size_t kLargestPageBytes = size_t{64} << 10;

// An address as it is without what a program may keep in its upper bits: the processor ignores the
// upper byte, where allocators with memory tagging (glibc.mem.tagging) have a block's tag. Its
// topmost bit is left: hooks/pool.cc marks addresses by it.
inline uint64_t WithoutTag(uint64_t address) { return address & ~(uint64_t{0x7f} << 56); }

// Returns the kernel's result: -errno on failure.
inline long RawSyscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                       long f = 0) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc #0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory", "cc");
  return x0;
}

// What the kernel's own library (vdso) calls its clock_gettime.
inline constexpr const char* kClockGettimeName = "__kernel_clock_gettime";

// The calling function's.
__attribute__((always_inline)) inline uintptr_t StackPointer() {
  uintptr_t result;
  __asm__("mov %0, sp" : "=r"(result));
  return result;
}

// Tells the processor that this is a spinning loop. (Not by `yield`, which does nothing on most.)
inline void CpuRelax() { __asm__ volatile("isb" ::: "memory"); }

// Puts {low, high} at the 16-byte aligned `at` if {*low_seen, *high_seen} is there; else gives what
// is there. One step for all threads, acquire and release. (By exclusive loads and stores, which
// every processor has; __atomic_* would call libatomic.) What is given may be halves of two
// moments: then it was never there, and does not succeed as what is expected either.
inline bool CompareExchange16(uint64_t* at, uint64_t* low_seen, uint64_t* high_seen, uint64_t low,
                              uint64_t high) {
  uint64_t low_there, high_there;
  uint32_t has_failed;
  __asm__ volatile(
      "0:\n\t"
      "ldaxp %[low_there], %[high_there], %[at]\n\t"
      "cmp %[low_there], %[low_seen]\n\t"
      "ccmp %[high_there], %[high_seen], #0, eq\n\t"
      "mov %w[failed], #1\n\t"
      "b.ne 1f\n\t"
      "stlxp %w[failed], %[low], %[high], %[at]\n\t"
      "cbnz %w[failed], 0b\n\t"
      "b 2f\n"
      "1:\n\t"
      "clrex\n"
      "2:\n\t"
      : [at] "+Q"(*reinterpret_cast<unsigned __int128*>(at)), [low_there] "=&r"(low_there),
        [high_there] "=&r"(high_there), [failed] "=&r"(has_failed)
      : [low_seen] "r"(*low_seen), [high_seen] "r"(*high_seen), [low] "r"(low), [high] "r"(high)
      : "memory", "cc");
  *low_seen = low_there;
  *high_seen = high_there;
  return has_failed == 0;
}

// Time in ticks of the generic timer, which runs at one rate on all cores and in all power states;
// 0.25 to 0.5 us each, whatever that rate is (24 MHz to 1 GHz are built).
class CycleCounter {
 public:
  // False where the firmware does not tell the rate. Only else may it be read.
  bool Start() {
    uint64_t cycles_per_second;
    __asm__("mrs %0, cntfrq_el0" : "=r"(cycles_per_second));
    cycles_per_second &= 0xffffffff;
    while (cycles_per_second >> (shift_ + 1) >= kLeastTicksPerSecond) ++shift_;
    return cycles_per_second >= kLeastTicksPerSecond;
  }
  uint64_t Ticks() const {
    uint64_t cycles;
    // Not behind a barrier: what stands around it in the program may be some cycles off.
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(cycles));
    return cycles >> shift_;
  }

 private:
  static constexpr uint64_t kLeastTicksPerSecond = 2'000'000;

  int shift_ = 0;
};

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_AARCH64_CPU_H_
