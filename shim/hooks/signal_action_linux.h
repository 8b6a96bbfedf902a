// Signal actions as the kernel takes them, for calls that pass the C library by.
#ifndef MEMSHIM_SHIM_HOOKS_SIGNAL_ACTION_LINUX_H_
#define MEMSHIM_SHIM_HOOKS_SIGNAL_ACTION_LINUX_H_

#include <cstdint>

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

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_SIGNAL_ACTION_LINUX_H_
