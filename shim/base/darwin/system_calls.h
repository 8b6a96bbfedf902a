// The system calls the shim makes, by name, without errno and without cancellation points, for
// macOS. Every function returns the system's result; a failure is a negative errno value.
//
// By libSystem's functions, as the kernel's numbers are no interface there: with errno put back,
// and by the variants that are no cancellation points. Other inserted libraries do not come
// between: what a library calls is bound to others' replacements, too, but ours replaces none of
// these. Context: hook, start, exit, fork-child. Locks: none. Allocates: no. Signals: safe.
#ifndef MEMSHIM_SHIM_BASE_DARWIN_SYSTEM_CALLS_H_
#define MEMSHIM_SHIM_BASE_DARWIN_SYSTEM_CALLS_H_

#include <fcntl.h>
#include <mach/mach_time.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "cpu.h"

// Exported by libsystem_kernel.dylib since OS X 10.4 and 10.12; in no header.
extern "C" {
int memshim_open_nocancel(const char* path, int flags, ...) __asm("_open$NOCANCEL");
int memshim_close_nocancel(int fd) __asm("_close$NOCANCEL");
ssize_t memshim_read_nocancel(int fd, void* to, size_t bytes) __asm("_read$NOCANCEL");
ssize_t memshim_pwrite_nocancel(int fd, const void* from, size_t bytes,
                                off_t offset) __asm("_pwrite$NOCANCEL");
int memshim_fcntl_nocancel(int fd, int command, ...) __asm("_fcntl$NOCANCEL");
// What libc++'s std::atomic::wait is made of.
int __ulock_wait(uint32_t operation, void* address, uint64_t value, uint32_t microseconds);
int __ulock_wake(uint32_t operation, void* address, uint64_t wake_value);
}

namespace memshim::base {

inline bool IsError(long result) { return result < 0 && result > -4096; }

// A call's result, or what it has put into errno, which is as before.
template <typename Call>
inline long WithoutErrno(Call call) {
  const int saved = errno;
  const long result = static_cast<long>(call());
  const int error = errno;
  errno = saved;
  return result == -1 ? -error : result;
}

inline long SysMmap(void* at, size_t bytes, int prot, int flags, int fd, uint64_t offset) {
  return WithoutErrno([=] {
    return reinterpret_cast<long>(
        mmap(at, bytes, prot, flags, fd, static_cast<off_t>(offset)));  // MAP_FAILED is -1
  });
}
inline long SysMunmap(void* at, size_t bytes) {
  return WithoutErrno([=] { return munmap(at, bytes); });
}
inline long SysMprotect(void* at, size_t bytes, int prot) {
  return WithoutErrno([=] { return mprotect(at, bytes, prot); });
}
// There is nothing to be asked for.
inline void UseHugePages(void*, size_t, bool) {}
inline long MakePresent(void*, size_t) { return -EINVAL; }
// Whether the thread runs on its stack for signal handlers. True where the kernel does not tell.
inline bool IsOnSignalStack() {
  stack_t stack = {};
  const long result = WithoutErrno([&] { return sigaltstack(nullptr, &stack); });
  return IsError(result) || (stack.ss_flags & SS_ONSTACK) != 0;
}
// Private pages become zeros that take no memory: new ones, as madvise has no such advice.
inline void EmptyPages(void* at, size_t bytes) {
  SysMmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}
inline long SysOpen(const char* path, int flags, int mode) {
  return WithoutErrno([=] { return memshim_open_nocancel(path, flags, mode); });
}
inline long SysClose(int fd) {
  return WithoutErrno([=] { return memshim_close_nocancel(fd); });
}
inline long SysRead(int fd, void* to, size_t bytes) {
  return WithoutErrno([=] { return memshim_read_nocancel(fd, to, bytes); });
}
inline long SysPwrite(int fd, const void* from, size_t bytes, uint64_t offset) {
  return WithoutErrno(
      [=] { return memshim_pwrite_nocancel(fd, from, bytes, static_cast<off_t>(offset)); });
}
inline long SysFtruncate(int fd, uint64_t bytes) {
  return WithoutErrno([=] { return ftruncate(fd, static_cast<off_t>(bytes)); });
}
// Room for the first `bytes` of an empty file, all of it or none.
inline long SysFallocate(int fd, uint64_t bytes) {
  return WithoutErrno([=] {
    fstore_t room = {F_ALLOCATEALL, F_PEOFPOSMODE, 0, static_cast<off_t>(bytes), 0};
    return memshim_fcntl_nocancel(fd, F_PREALLOCATE, &room);
  });
}
inline long SysFstat(int fd, struct stat* out) {
  return WithoutErrno([=] { return fstat(fd, out); });
}
inline long SysFchmod(int fd, mode_t mode) {
  return WithoutErrno([=] { return fchmod(fd, mode); });
}
inline long SysUnlink(const char* path) {
  return WithoutErrno([=] { return unlink(path); });
}
inline long SysMkdir(const char* path, int mode) {
  return WithoutErrno([=] { return mkdir(path, static_cast<mode_t>(mode)); });
}
inline long SysAccess(const char* path, int mode) {
  return WithoutErrno([=] { return access(path, mode); });
}
inline int SysGetpid() { return getpid(); }
inline int SysGetppid() { return getppid(); }
inline uint32_t SysGeteuid() { return geteuid(); }
inline long SysGetrlimit(int resource, struct rlimit* out) {
  return WithoutErrno([=] { return getrlimit(resource, out); });
}
// The path of the current directory; returns the length including the final zero. Not getcwd, which
// may allocate: the kernel tells the path of a descriptor. `bytes`: at least PATH_MAX.
inline long SysGetcwd(char* to, size_t bytes) {
  if (bytes < 1024 /* PATH_MAX */) return -ERANGE;
  const long fd = SysOpen(".", O_RDONLY | O_CLOEXEC, 0);
  if (IsError(fd)) return fd;
  const long result =
      WithoutErrno([=] { return memshim_fcntl_nocancel(static_cast<int>(fd), F_GETPATH, to); });
  SysClose(static_cast<int>(fd));
  if (IsError(result)) return result;
  size_t length = 0;
  while (to[length] != '\0') ++length;
  return static_cast<long>(length) + 1;
}

// Mach time in nanoseconds: the scale is 1 on Intel processors and 125/3 on Apple's. In two steps,
// as the product with a machine's whole time could pass 64 bits.
inline uint64_t MachNanoseconds(uint64_t units) {
  mach_timebase_info_data_t scale = {1, 1};
  mach_timebase_info(&scale);  // libSystem keeps it: a load
  return units / scale.denom * scale.numer + units % scale.denom * scale.numer / scale.denom;
}
inline uint64_t ClockNanoseconds(clockid_t clock) {
  if (clock == CLOCK_MONOTONIC) return MachNanoseconds(mach_absolute_time());
  return clock_gettime_nsec_np(clock);
}
inline uint64_t CoarseNanoseconds() { return ClockNanoseconds(CLOCK_MONOTONIC); }
// Since the machine was started, with the time that it slept.
inline uint64_t BoottimeNanoseconds() { return MachNanoseconds(mach_continuous_time()); }

inline constexpr uint32_t kCompareAndWait = 1;    // UL_COMPARE_AND_WAIT
inline constexpr uint32_t kNoErrno = 0x01000000;  // ULF_NO_ERRNO: the result is -errno
inline long SysFutexWait(const uint32_t* word, uint32_t expected, const struct timespec* timeout) {
  const uint32_t microseconds =  // 0: for ever
      timeout == nullptr
          ? 0
          : static_cast<uint32_t>(timeout->tv_sec * 1000000 + timeout->tv_nsec / 1000);
  return __ulock_wait(kCompareAndWait | kNoErrno, const_cast<uint32_t*>(word), expected,
                      microseconds);
}
// Wakes one.
inline long SysFutexWake(const uint32_t* word, int) {
  return __ulock_wake(kCompareAndWait | kNoErrno, const_cast<uint32_t*>(word), 0);
}

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_DARWIN_SYSTEM_CALLS_H_
