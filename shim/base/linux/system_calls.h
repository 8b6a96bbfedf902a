// The system calls the shim makes, by name, without errno and without cancellation points, for
// Linux. A platform is a folder with a file of this name; the build puts one of them on the include
// path. Every function returns the kernel's result; a failure is a negative errno value. Context:
// hook, start, exit, fork-child. Locks: none. Allocates: no. Signals: safe.
#ifndef MEMSHIM_SHIM_BASE_LINUX_SYSTEM_CALLS_H_
#define MEMSHIM_SHIM_BASE_LINUX_SYSTEM_CALLS_H_

#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

#include "cpu.h"

namespace memshim::base {

inline bool IsError(long result) { return result < 0 && result > -4096; }

// What calls about signals take: a set's size, and a signal's bit in it, as the kernel counts them.
inline constexpr size_t kSignalSetBytes = 8;
constexpr uint64_t SignalBit(int signal) { return uint64_t{1} << (signal - 1); }
inline constexpr uint64_t kEverySignal = ~uint64_t{0};

// Of this thread; the mask before.
inline uint64_t SetSignalMask(int how, uint64_t mask) {
  uint64_t before = 0;
  RawSyscall(SYS_rt_sigprocmask, how, reinterpret_cast<long>(&mask),
             reinterpret_cast<long>(&before), kSignalSetBytes);
  return before;
}

// Holds signals back from this thread as long as it lives.
class SignalsHeldBack {
 public:
  explicit SignalsHeldBack(uint64_t signals) : before_(SetSignalMask(SIG_BLOCK, signals)) {}
  ~SignalsHeldBack() { SetSignalMask(SIG_SETMASK, before_); }
  SignalsHeldBack(const SignalsHeldBack&) = delete;
  SignalsHeldBack& operator=(const SignalsHeldBack&) = delete;

 private:
  const uint64_t before_;
};

inline long SysMmap(void* at, size_t bytes, int prot, int flags, int fd, uint64_t offset) {
  return RawSyscall(SYS_mmap, reinterpret_cast<long>(at), static_cast<long>(bytes), prot, flags, fd,
                    static_cast<long>(offset));
}
inline long SysMunmap(void* at, size_t bytes) {
  return RawSyscall(SYS_munmap, reinterpret_cast<long>(at), static_cast<long>(bytes));
}
inline long SysMremap(void* at, size_t old_bytes, size_t new_bytes, int flags) {
  return RawSyscall(SYS_mremap, reinterpret_cast<long>(at), static_cast<long>(old_bytes),
                    static_cast<long>(new_bytes), flags);
}
inline long SysMprotect(void* at, size_t bytes, int prot) {
  return RawSyscall(SYS_mprotect, reinterpret_cast<long>(at), static_cast<long>(bytes), prot);
}
inline long SysMadvise(void* at, size_t bytes, int advice) {
  return RawSyscall(SYS_madvise, reinterpret_cast<long>(at), static_cast<long>(bytes), advice);
}
inline void UseHugePages(void* at, size_t bytes, bool are_wanted) {
  SysMadvise(at, bytes, are_wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}
// Pages that can be written to without a fault, or an error: there is no room (a file's disk is
// full), or Linux is older than 5.14 (-EINVAL).
inline long MakePresent(void* at, size_t bytes) {
  constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE
  return SysMadvise(at, bytes, kPopulateWrite);
}
// Whether the thread runs on its stack for signal handlers. True where the kernel does not tell.
inline bool IsOnSignalStack() {
  stack_t stack = {};
  const long result = RawSyscall(SYS_sigaltstack, 0, reinterpret_cast<long>(&stack));
  return IsError(result) || (stack.ss_flags & SS_ONSTACK) != 0;
}
// Private pages become zeros that take no memory.
inline void EmptyPages(void* at, size_t bytes) { SysMadvise(at, bytes, MADV_DONTNEED); }
inline long SysOpen(const char* path, int flags, int mode) {
  return RawSyscall(SYS_openat, AT_FDCWD, reinterpret_cast<long>(path), flags, mode);
}
// Opens what the kernel knows without asking a file system (-EAGAIN: it does not), through no
// symbolic link. Linux 5.12.
inline long SysOpenCached(const char* path, int flags) {
  struct open_how how = {};
  how.flags = static_cast<uint64_t>(flags);
  constexpr uint64_t kResolveCached = 0x20;
  how.resolve = kResolveCached | RESOLVE_NO_SYMLINKS;
  return RawSyscall(SYS_openat2, AT_FDCWD, reinterpret_cast<long>(path),
                    reinterpret_cast<long>(&how), sizeof(how));
}
inline long SysClose(int fd) { return RawSyscall(SYS_close, fd); }
inline long SysRead(int fd, void* to, size_t bytes) {
  return RawSyscall(SYS_read, fd, reinterpret_cast<long>(to), static_cast<long>(bytes));
}
inline long SysWrite(int fd, const void* from, size_t bytes) {
  return RawSyscall(SYS_write, fd, reinterpret_cast<long>(from), static_cast<long>(bytes));
}
inline long SysPwrite(int fd, const void* from, size_t bytes, uint64_t offset) {
  return RawSyscall(SYS_pwrite64, fd, reinterpret_cast<long>(from), static_cast<long>(bytes),
                    static_cast<long>(offset));
}
inline long SysPwritev(int fd, const struct iovec* pieces, int count, uint64_t offset) {
  // (The upper half of the offset is an argument of its own, which 64-bit kernels pass by.)
  return RawSyscall(SYS_pwritev, fd, reinterpret_cast<long>(pieces), count,
                    static_cast<long>(offset), 0);
}
inline long SysFtruncate(int fd, uint64_t bytes) {
  return RawSyscall(SYS_ftruncate, fd, static_cast<long>(bytes));
}
inline long SysFallocate(int fd, uint64_t bytes) {
  return RawSyscall(SYS_fallocate, fd, 0, 0, static_cast<long>(bytes));
}
inline long SysFstat(int fd, struct stat* out) {
  return RawSyscall(SYS_fstat, fd, reinterpret_cast<long>(out));
}
inline long SysFstatfs(int fd, struct statfs* out) {
  return RawSyscall(SYS_fstatfs, fd, reinterpret_cast<long>(out));
}
inline long SysUnlink(const char* path) {
  return RawSyscall(SYS_unlinkat, AT_FDCWD, reinterpret_cast<long>(path), 0);
}
inline long SysMkdir(const char* path, int mode) {
  return RawSyscall(SYS_mkdirat, AT_FDCWD, reinterpret_cast<long>(path), mode);
}
inline long SysAccess(const char* path, int mode) {
  return RawSyscall(SYS_faccessat, AT_FDCWD, reinterpret_cast<long>(path), mode);
}
inline long SysReadlink(const char* path, char* to, size_t bytes) {
  return RawSyscall(SYS_readlinkat, AT_FDCWD, reinterpret_cast<long>(path),
                    reinterpret_cast<long>(to), static_cast<long>(bytes));
}
// Returns the length including the final zero.
inline long SysGetcwd(char* to, size_t bytes) {
  return RawSyscall(SYS_getcwd, reinterpret_cast<long>(to), static_cast<long>(bytes));
}
inline int SysGetpid() { return static_cast<int>(RawSyscall(SYS_getpid)); }
inline uint32_t SysGeteuid() { return static_cast<uint32_t>(RawSyscall(SYS_geteuid)); }
inline int SysGetppid() { return static_cast<int>(RawSyscall(SYS_getppid)); }
inline long SysClockGettime(int clock, struct timespec* out) {
  return RawSyscall(SYS_clock_gettime, clock, reinterpret_cast<long>(out));
}
// The kernel's clock_gettime in user space; null where there is none, and before it was looked for.
using ClockGettime = int (*)(int clock, struct timespec* out);
inline ClockGettime g_clock_gettime;

inline uint64_t ClockNanoseconds(int clock) {
  struct timespec now = {};
  if (g_clock_gettime == nullptr || g_clock_gettime(clock, &now) != 0) SysClockGettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}
// The same to a few milliseconds, at the price of a few loads.
inline uint64_t CoarseNanoseconds() { return ClockNanoseconds(CLOCK_MONOTONIC_COARSE); }
// Since the machine was started, with the time that it slept: processes' starts are told in it.
inline uint64_t BoottimeNanoseconds() { return ClockNanoseconds(CLOCK_BOOTTIME); }
inline long SysGetrlimit(int resource, struct rlimit* out) {
  return RawSyscall(SYS_prlimit64, 0, resource, 0, reinterpret_cast<long>(out));
}
// Waits at most `timeout` (relative; null: for ever) while *word == expected.
inline long SysFutexWait(const uint32_t* word, uint32_t expected, const struct timespec* timeout) {
  constexpr long kWaitPrivate = 0 | 128;
  return RawSyscall(SYS_futex, reinterpret_cast<long>(word), kWaitPrivate, expected,
                    reinterpret_cast<long>(timeout));
}
// Compares *word with a value that it hardly has, and does nothing: moves none of no waiters,
// whatever it finds. -EFAULT: it cannot be read. (Never waits, and needs no timer, as a wait for no
// time does.)
inline long SysFutexRead(const uint32_t* word) {
  constexpr long kCompareRequeuePrivate = 4 | 128;
  constexpr uint32_t kUnlikely = 0x9e3779b9;
  const long at = reinterpret_cast<long>(word);
  return RawSyscall(SYS_futex, at, kCompareRequeuePrivate, 0, 0, at, kUnlikely);
}
inline long SysFutexWake(const uint32_t* word, int waiters) {
  constexpr long kWakePrivate = 1 | 128;
  return RawSyscall(SYS_futex, reinterpret_cast<long>(word), kWakePrivate, waiters);
}

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_LINUX_SYSTEM_CALLS_H_
