// See real_functions.h.
#include "shim/hooks/real_functions.h"

#include "shim/base/elf_lookup.h"

namespace memshim::hooks {

RealFunctions g_real;

void ResolveRealFunctions() {
#define MEMSHIM_HOOK(name, result, parameters) \
  g_real.name = reinterpret_cast<result(*) parameters>(base::FindNext(#name));
#include "shim/hooks/hook_list.inc"
#undef MEMSHIM_HOOK
  if (g_real.cfree == nullptr) g_real.cfree = g_real.free;
  const struct link_map* allocator = nullptr;
  const struct link_map* libc = nullptr;
  base::FindNext("malloc", &allocator);
  base::FindNext("__libc_start_main", &libc);
  g_real.is_foreign = allocator != libc;
  __atomic_store_n(&g_real.is_resolved, true, __ATOMIC_RELEASE);
}

}  // namespace memshim::hooks
