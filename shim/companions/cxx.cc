// libmemshim_cxx.so: operator new and delete, for programs whose allocator has its own (jemalloc,
// tcmalloc, mimalloc). See companion.h.
#include <cstddef>

#include "shim/companions/companion.h"

using memshim::companions::Function;
using memshim::companions::Real;

// The names are those of the Itanium C++ ABI for 64-bit size_t: defined under them, the functions
// may throw through us, whatever the compiler thinks of operator new. Calls that are handed on are
// tail calls: we are in no stack.
#define MEMSHIM_NEW(name, kind, parameters, arguments)                   \
  MEMSHIM_EXPORT void* name parameters {                                 \
    static constinit Real<void*(*)parameters> found = {};                \
    const auto real = found.Of(#name);                                   \
    if (!real.is_told || !memshim_companion_enters(MEMSHIM_CALLER_PC)) { \
      return real.function arguments;                                    \
    }                                                                    \
    return CallAndTell(Function::kind, size, MEMSHIM_CALLER,             \
                       [=] { return real.function arguments; });         \
  }

#define MEMSHIM_DELETE(name, parameters, ...)                        \
  MEMSHIM_EXPORT void name parameters {                              \
    static constinit Real<void(*) parameters> found = {};            \
    const auto real = found.Of(#name);                               \
    memshim::companions::Free(real, MEMSHIM_CALLER_PC, __VA_ARGS__); \
  }

// An exception, or the end of a thread, goes through CallAndTell: the call is over, nothing else is
// to be done. (This instead of the compiler's own clean-up, which needs libgcc_s.)
extern "C" __attribute__((visibility("hidden"), used)) int memshim_cxx_personality(int, int actions,
                                                                                   uint64_t, void*,
                                                                                   void*) {
  constexpr int kCleanupPhase = 2, kContinueUnwind = 8;  // of the Itanium C++ ABI, level I
  if ((actions & kCleanupPhase) != 0) memshim_companion_leaves();
  return kContinueUnwind;
}

namespace {

template <typename Call>
MEMSHIM_NOINLINE void* CallAndTell(Function function, size_t size,
                                   const memshim::unwind::FrameState& caller, Call call) {
  __asm__ volatile(".cfi_personality 0x1b, memshim_cxx_personality");  // 0x1b: 4 bytes, pc-relative
  void* block = call();
  memshim_companion_allocated(function, block, size, &caller);
  return block;
}

}  // namespace

extern "C" {

// `tag` is std::nothrow.
// clang-format off
MEMSHIM_NEW(_Znwm, kOperatorNew, (size_t size), (size))
MEMSHIM_NEW(_Znam, kOperatorNewArray, (size_t size), (size))
MEMSHIM_NEW(_ZnwmRKSt9nothrow_t, kOperatorNew, (size_t size, const void* tag), (size, tag))
MEMSHIM_NEW(_ZnamRKSt9nothrow_t, kOperatorNewArray, (size_t size, const void* tag), (size, tag))
MEMSHIM_NEW(_ZnwmSt11align_val_t, kOperatorNew, (size_t size, size_t alignment), (size, alignment))
MEMSHIM_NEW(_ZnamSt11align_val_t, kOperatorNewArray, (size_t size, size_t alignment),
            (size, alignment))
MEMSHIM_NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, kOperatorNew,
            (size_t size, size_t alignment, const void* tag), (size, alignment, tag))
MEMSHIM_NEW(_ZnamSt11align_val_tRKSt9nothrow_t, kOperatorNewArray,
            (size_t size, size_t alignment, const void* tag), (size, alignment, tag))

MEMSHIM_DELETE(_ZdlPv, (void* block), block)
MEMSHIM_DELETE(_ZdaPv, (void* block), block)
MEMSHIM_DELETE(_ZdlPvm, (void* block, size_t size), block, size)
MEMSHIM_DELETE(_ZdaPvm, (void* block, size_t size), block, size)
MEMSHIM_DELETE(_ZdlPvRKSt9nothrow_t, (void* block, const void* tag), block, tag)
MEMSHIM_DELETE(_ZdaPvRKSt9nothrow_t, (void* block, const void* tag), block, tag)
MEMSHIM_DELETE(_ZdlPvSt11align_val_t, (void* block, size_t alignment), block, alignment)
MEMSHIM_DELETE(_ZdaPvSt11align_val_t, (void* block, size_t alignment), block, alignment)
MEMSHIM_DELETE(_ZdlPvmSt11align_val_t, (void* block, size_t size, size_t alignment),
               block, size, alignment)
MEMSHIM_DELETE(_ZdaPvmSt11align_val_t, (void* block, size_t size, size_t alignment),
               block, size, alignment)
MEMSHIM_DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void* block, size_t alignment, const void* tag),
               block, alignment, tag)
MEMSHIM_DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void* block, size_t alignment, const void* tag),
               block, alignment, tag)
// clang-format on

}  // extern "C"
