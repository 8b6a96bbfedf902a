// The engine `unwinder=libunwind`, and what the oracle compares with: libunwind 1.6 or later,
// opened privately.
//
// Never linked: libunwind exports _Unwind_* and would take over the program's C++ exceptions (30
// times slower throws, crashes in pthread_exit). RTLD_LOCAL keeps the program's bindings on
// libgcc; tests/properties looks at them.
// By unw_step, not by the faster unw_backtrace: that one's cache of each thread outlives unw_flush_
// cache (libunwind 1.6.2: frames of plugins that were gone, and crashes).
#include <dlfcn.h>

#include <atomic>
#include <cerrno>

#include "shim/base/attributes.h"
#include "shim/base/elf_lookup.h"
#include "shim/unwind/modules.h"
#include "shim/unwind/unwinder.h"

// Types and names of functions only; UNW_LOCAL_ONLY names those of the own process.
#define UNW_LOCAL_ONLY
#include <libunwind.h>

// "_ULx86_64_step" of unw_step: the header's macros give the name that the library exports.
#define MEMSHIM_TEXT_OF(name) #name
#define MEMSHIM_NAME_OF(function) MEMSHIM_TEXT_OF(function)

#include "libunwind_context.h"

namespace memshim::unwind {
namespace {

static_assert(sizeof(unw_context_t) <= sizeof(LibunwindScratch::context));
static_assert(sizeof(unw_cursor_t) <= sizeof(LibunwindScratch::cursor));

struct Functions {
  GetContext get_context;
  decltype(&unw_init_local) init_local;
  decltype(&unw_step) step;
  decltype(&unw_get_reg) get_reg;
  decltype(&unw_flush_cache) flush_cache;
  unw_addr_space_t* local_address_space;
};
Functions g_functions;
std::atomic<uint32_t> g_flushed_generation;

// libunwind remembers rules of code that may have been unloaded since.
void FlushFor(uint32_t generation) {
  // relaxed: a thread that flushes once more or while another does costs nothing but time; each
  // sees the generation of its own event.
  if (g_flushed_generation.exchange(generation, std::memory_order_relaxed) != generation) {
    g_functions.flush_cache(*g_functions.local_address_space, 0, 0);
  }
}

bool HasDescription(uint64_t pc, LibunwindScratch* scratch) {
  bool is_signal_frame;
  return FindRowOf(pc, &scratch->cfi, &is_signal_frame) != CfiResult::kNone;
}

// Asked of the code: unw_is_signal_frame of libunwind 1.6 knows only frames that it had to
// recognize itself, not those with a description.
bool IsSignalReturnIn(uint64_t address, Readable* readable) {
  ModuleInfo module;
  if (!kIsSignalReturnDescribed) return IsUndescribedSignalReturn(address, readable);
  return FindModule(address, &module) && IsSignalReturn(address);
}

MEMSHIM_NOINLINE int Walk(LibunwindScratch* scratch, bool* is_whole) {
  unw_context_t* context = reinterpret_cast<unw_context_t*>(scratch->context);
  unw_cursor_t* cursor = reinterpret_cast<unw_cursor_t*>(scratch->cursor);
  *is_whole = true;
  Readable readable = {};
  if (MEMSHIM_GET_CONTEXT(g_functions.get_context, context) != 0 ||
      g_functions.init_local(cursor, context) != 0) {
    return 0;
  }
  int depth = 0;
  bool is_exact = true;  // the first address is our own, not a return address
  do {
    unw_word_t address = 0;
    if (g_functions.get_reg(cursor, UNW_REG_IP, &address) != 0 || address == 0) break;
    const uint64_t pc = address - (is_exact ? 0 : 1);
    if (depth != 0 || !IsOwnCode(pc)) scratch->pcs[depth++] = pc;
    // What leaves a signal handler, libunwind leaves without a description as well.
    is_exact = IsSignalReturnIn(address, &readable);
    *is_whole = is_exact || HasDescription(pc, scratch);
  } while (*is_whole && depth < kMaxCapture && g_functions.step(cursor) > 0);
  return depth;
}

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
  const auto find = [&](const char* name, auto* function) {
    *function = reinterpret_cast<std::remove_pointer_t<decltype(function)>>(symbol(library, name));
    return *function != nullptr;
  };
  return (!kHasGetContext || find(MEMSHIM_GET_CONTEXT_NAME, &g_functions.get_context)) &&
         find(MEMSHIM_NAME_OF(unw_init_local), &g_functions.init_local) &&
         find(MEMSHIM_NAME_OF(unw_step), &g_functions.step) &&
         find(MEMSHIM_NAME_OF(unw_get_reg), &g_functions.get_reg) &&
         find(MEMSHIM_NAME_OF(unw_flush_cache), &g_functions.flush_cache) &&
         find(MEMSHIM_NAME_OF(unw_local_addr_space), &g_functions.local_address_space);
}

MEMSHIM_NOINLINE int CaptureByLibunwind(LibunwindScratch* scratch, uint32_t generation,
                                        bool* is_whole) {
  const int saved_errno = errno;
  FlushFor(generation);
  const int depth = Walk(scratch, is_whole);
  errno = saved_errno;
  return depth;
}

}  // namespace memshim::unwind
