// The engine `unwinder=libunwind`: libunwind 1.6 or later, opened privately.
//
// Never linked: libunwind exports _Unwind_* and would take over the program's C++ exceptions (30
// times slower throws, crashes in pthread_exit). RTLD_LOCAL keeps the program's bindings on
// libgcc; measured with LD_DEBUG=bindings.
// Not the default: it keeps a pipe open in the program and blocks signals around its locks
// (docs/decisions/0002).
#include <dlfcn.h>

#include <cerrno>
#include <cstddef>

#include "shim/base/elf_lookup.h"
#include "shim/unwind/unwinder.h"

namespace memshim::unwind {
namespace {

using Backtrace = int (*)(void**, int);
using FlushCache = void (*)(void*, uintptr_t, uintptr_t);
Backtrace g_backtrace;
FlushCache g_flush_cache;
void* g_local_address_space;

}  // namespace

bool OpenLibunwind() {
  // By look-up: before glibc 2.34 these are in libdl, which the program may not have loaded.
  using Open = void* (*)(const char*, int);
  using Symbol = void* (*)(void*, const char*);
  const Open open = reinterpret_cast<Open>(base::FindFirst("dlopen"));
  const Symbol symbol = reinterpret_cast<Symbol>(base::FindFirst("dlsym"));
  if (open == nullptr || symbol == nullptr) return false;
  void* library = open("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return false;
  g_backtrace = reinterpret_cast<Backtrace>(symbol(library, "unw_backtrace"));
  g_flush_cache = reinterpret_cast<FlushCache>(symbol(library, "_Ux86_64_flush_cache"));
  void** space = static_cast<void**>(symbol(library, "_ULx86_64_local_addr_space"));
  g_local_address_space = space == nullptr ? nullptr : *space;
  return g_backtrace != nullptr;
}

int CaptureByLibunwind(CaptureScratch* scratch) {
  uint64_t* pcs = scratch->pcs;
  const int saved_errno = errno;
  const int found = g_backtrace(reinterpret_cast<void**>(pcs), kMaxCapture);
  errno = saved_errno;
  int own = 0;
  while (own < found && IsOwnCode(pcs[own])) ++own;
  int depth = 0;
  for (int i = own; i < found && pcs[i] != 0; ++i) pcs[depth++] = pcs[i] - 1;
  return depth;
}

void FlushLibunwind() {
  if (g_flush_cache != nullptr && g_local_address_space != nullptr) {
    g_flush_cache(g_local_address_space, 0, 0);
  }
}

}  // namespace memshim::unwind
