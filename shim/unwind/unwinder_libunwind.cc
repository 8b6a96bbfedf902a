// The engine `unwinder=libunwind`.
//
// Not the default: it keeps a pipe open in the program and blocks signals around its locks
// (docs/decisions/0002).
#include <cerrno>

#include "shim/unwind/libunwind_library.h"
#include "shim/unwind/unwinder.h"

namespace memshim::unwind {
namespace {

decltype(&unw_backtrace) g_backtrace;
decltype(&unw_flush_cache) g_flush_cache;
unw_addr_space_t* g_local_address_space;

}  // namespace

bool OpenLibunwind() {
  LibunwindLibrary library;
  if (!library.Open()) return false;
  library.Find(MEMSHIM_NAME_OF(unw_flush_cache), &g_flush_cache);
  library.Find(MEMSHIM_NAME_OF(unw_local_addr_space), &g_local_address_space);
  return library.Find(MEMSHIM_NAME_OF(unw_backtrace), &g_backtrace);
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
    g_flush_cache(*g_local_address_space, 0, 0);
  }
}

}  // namespace memshim::unwind
