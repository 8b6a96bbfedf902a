// See real_functions.h.
#include "shim/base/elf_lookup.h"
#include "shim/base/single_threaded.h"
#include "shim/hooks/before_relocation.h"
#include "shim/hooks/real_functions.h"
#include "system_calls.h"

namespace memshim::hooks {

RealFunctions g_real;

int (*FindDlclose())(void* handle) {
  return reinterpret_cast<int (*)(void*)>(base::FindNext("dlclose"));
}

bool ResolveRealFunctions() {
  if (!IsRelocated()) return false;
#define MEMSHIM_HOOK(name, result, parameters) \
  g_real.name = reinterpret_cast<result(*) parameters>(base::FindNext(#name));
#include "hook_list.inc"
#undef MEMSHIM_HOOK
  if (g_real.cfree == nullptr) g_real.cfree = g_real.free;
  const struct link_map* allocator = nullptr;
  const struct link_map* libc = nullptr;
  const struct link_map* owner = nullptr;
  base::FindNext("malloc", &allocator);
  void* usable_size = base::FindNext("malloc_usable_size", &owner);
  bool is_one_allocator = owner == allocator;
  static constexpr const char* kAligned[] = {"memalign", "aligned_alloc", "posix_memalign",
                                             "valloc", "pvalloc"};
  for (const char* name : kAligned) {
    if (base::FindNext(name, &owner) != nullptr) is_one_allocator &= owner == allocator;
  }
  if (usable_size == nullptr || !is_one_allocator) {
    g_real.usable_size = [](void*) { return size_t{0}; };
  } else {
    g_real.usable_size = reinterpret_cast<size_t (*)(void*)>(usable_size);
  }
  base::FindNext("__libc_start_main", &libc);
  const void* single_threaded = base::FindFirst("__libc_single_threaded");
  if (single_threaded != nullptr) {
    base::g_single_threaded = static_cast<const char*>(single_threaded);
  }
  base::g_clock_gettime =
      reinterpret_cast<base::ClockGettime>(base::FindFirst(base::kClockGettimeName));
  g_real.is_foreign = allocator != libc;
  ReplaceForEarlyBlocks(&g_real);
  __atomic_store_n(&g_real.is_resolved, true, __ATOMIC_RELEASE);
  return true;
}

}  // namespace memshim::hooks
