// Calls of real functions, during which others may come in.
// Context: hook. Locks: none. Allocates: no.
#ifndef MEMSHIM_SHIM_HOOKS_REAL_CALL_H_
#define MEMSHIM_SHIM_HOOKS_REAL_CALL_H_

#include "shim/base/attributes.h"
#include "shim/hooks/process.h"

namespace memshim::hooks {

// A call into an allocator that may call our own entry points begins and ends. Such calls can lie
// inside one another: an allocator calls the program back (a hook of tcmalloc's), which uses a
// companion's function. The innermost that ends must not end the outer ones.
inline void EnterRealCall() {
  ThisThread().real_calls += 1;
  ThisThread().busy = Busy::kRealCall;
}
inline void LeaveRealCall() {
  ThisThread().real_calls -= 1;
  if (ThisThread().real_calls == 0) ThisThread().busy = Busy::kNo;
}

// Calls the real function. `calls_back`: it may call our own entry points on the way; those calls
// belong to this one and are passed by.
template <typename Call>
auto CallReal(bool calls_back, Call call) {
  if (!calls_back || ThisThread().busy != Busy::kNo) [[likely]]
    return call();
  EnterRealCall();
  const auto result = call();
  LeaveRealCall();
  return result;
}

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_REAL_CALL_H_
