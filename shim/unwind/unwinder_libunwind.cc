// The engine `unwinder=libunwind`: libunwind 1.6 or later, opened privately.
//
// Never linked: libunwind exports _Unwind_* and would take over the program's C++ exceptions (30
// times slower throws, crashes in pthread_exit). RTLD_LOCAL keeps the program's bindings on
// libgcc; measured with LD_DEBUG=bindings.
#include <dlfcn.h>

#include <cerrno>
#include <cstddef>

#include "shim/base/elf_lookup.h"
#include "shim/unwind/unwinder.h"

extern "C" const char __ehdr_start __attribute__((visibility("hidden")));
extern "C" const char _end __attribute__((visibility("hidden")));

namespace memshim::unwind {
namespace {

using Backtrace = int (*)(void**, int);
using FlushCache = void (*)(void*, uintptr_t, uintptr_t);
Backtrace g_backtrace;
FlushCache g_flush_cache;
void* g_local_address_space;

bool IsOwn(uint64_t pc) {
  return pc >= reinterpret_cast<uint64_t>(&__ehdr_start) && pc < reinterpret_cast<uint64_t>(&_end);
}

}  // namespace

bool OpenUnwinder(std::string_view name) {
  if (name != "libunwind") return false;
  // By look-up: before glibc 2.34 these are in libdl, which the program may not have loaded.
  using Open = void* (*)(const char*, int);
  using Symbol = void* (*)(void*, const char*);
  Open open = reinterpret_cast<Open>(base::FindFirst("dlopen"));
  Symbol symbol = reinterpret_cast<Symbol>(base::FindFirst("dlsym"));
  if (open == nullptr || symbol == nullptr) return false;
  void* library = open("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return false;
  g_backtrace = reinterpret_cast<Backtrace>(symbol(library, "unw_backtrace"));
  g_flush_cache = reinterpret_cast<FlushCache>(symbol(library, "_Ux86_64_flush_cache"));
  void** space = static_cast<void**>(symbol(library, "_ULx86_64_local_addr_space"));
  g_local_address_space = space == nullptr ? nullptr : *space;
  return g_backtrace != nullptr;
}

int Capture(uint64_t* scratch) {
  if (g_backtrace == nullptr) return 0;
  const int saved_errno = errno;
  const int found = g_backtrace(reinterpret_cast<void**>(scratch), kMaxCapture);
  errno = saved_errno;
  int own = 0;
  while (own < found && IsOwn(scratch[own])) ++own;
  int depth = 0;
  for (int i = own; i < found && scratch[i] != 0; ++i) scratch[depth++] = scratch[i] - 1;
  return depth;
}

void FlushUnwinder() {
  if (g_flush_cache != nullptr && g_local_address_space != nullptr) {
    g_flush_cache(g_local_address_space, 0, 0);
  }
}

}  // namespace memshim::unwind
