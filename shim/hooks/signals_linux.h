// Actions and masks of signals as the kernel takes them, for calls that pass the C library by.
#ifndef MEMSHIM_SHIM_HOOKS_SIGNALS_LINUX_H_
#define MEMSHIM_SHIM_HOOKS_SIGNALS_LINUX_H_

#include <csignal>
#include <cstdint>
#include <ctime>

#include "system_calls.h"

namespace memshim::hooks {

// Of 64-bit Linux; all zero: the default action.
struct SignalAction {
  void (*handler)(int) = nullptr;
  unsigned long flags = 0;
  void (*restorer)() = nullptr;
  uint64_t mask = 0;
};

inline void SetSignalAction(int signal, const SignalAction& action) {
  base::RawSyscall(SYS_rt_sigaction, signal, reinterpret_cast<long>(&action), 0,
                   base::kSignalSetBytes);
}

inline uint64_t PendingSignals() {
  uint64_t pending = 0;
  base::RawSyscall(SYS_rt_sigpending, reinterpret_cast<long>(&pending), base::kSignalSetBytes);
  return pending;
}

// Takes one of `wanted` that is pending. False: none is.
inline bool TakePendingSignal(uint64_t wanted) {
  const struct timespec at_once = {};
  return base::RawSyscall(SYS_rt_sigtimedwait, reinterpret_cast<long>(&wanted), 0,
                          reinterpret_cast<long>(&at_once), base::kSignalSetBytes) > 0;
}

// What a write may raise in the thread that writes.
inline constexpr uint64_t kRaisedByWrites = base::SignalBit(SIGPIPE) | base::SignalBit(SIGXFSZ);

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_SIGNALS_LINUX_H_
