// The functions memshim stands in for, as the rest of the program's objects define them.
// Context: first hook. Locks: none. Allocates: no. Signals: safe.
#ifndef MEMSHIM_SHIM_HOOKS_REAL_FUNCTIONS_H_
#define MEMSHIM_SHIM_HOOKS_REAL_FUNCTIONS_H_

#include <cstddef>

#include "shim/base/attributes.h"

namespace memshim::hooks {

struct RealFunctions {
#define MEMSHIM_HOOK(name, result, parameters) result(*name) parameters;
#include "hook_list.inc"
#undef MEMSHIM_HOOK
  // Gives 0 unless one allocator has it and all functions that make blocks.
  size_t (*usable_size)(void*);
  // The allocator is not the C library's: its entry points may call each other through us.
  bool is_foreign;
  bool is_resolved;
};

extern MEMSHIM_LOCAL RealFunctions g_real;

// Fills g_real; may run in several threads at once, with the same result. False: it is too early
// (before_relocation.h).
MEMSHIM_NOINLINE bool ResolveRealFunctions();

// Whether g_real is filled.
inline bool IsReady() {
  // acquire: pairs with the release that ends the resolution.
  return __atomic_load_n(&g_real.is_resolved, __ATOMIC_ACQUIRE) || ResolveRealFunctions();
}

// dlclose, where Real() has none: looks again.
int (*FindDlclose())(void* handle);

inline const RealFunctions& Real() {
  IsReady();
  return g_real;
}

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_REAL_FUNCTIONS_H_
