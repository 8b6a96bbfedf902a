// The entry points of the malloc family for Linux: functions of the same names, which the program
// finds first. Each is one line; hook_bodies.h has what they mean. Each asks first whether the real
// functions can be known yet (before_relocation.h).
// Context: hook. Signals: guarded by Event.
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "caller.h"
#include "shim/base/attributes.h"
#include "shim/hooks/before_relocation.h"
#include "shim/hooks/companion.h"
#include "shim/hooks/hook_bodies.h"

namespace memshim::hooks {
namespace {

// Whether a companion's call is to be told of: not one of the allocator's within another call or
// while we ask it something (tcmalloc's usable size), and not one of a signal handler that has
// interrupted memshim itself.
bool IsCompanionsTurn(uint64_t caller) {
  if (ThisThread().busy == Busy::kNo) return true;
  if (!IsProgramsOwn(caller)) return false;
  if (ThisThread().busy == Busy::kRealCall) return true;
  Event refused;  // counts it
  return false;
}

}  // namespace
}  // namespace memshim::hooks

using memshim::base::kPageBytes;
using memshim::base::RoundUp;
using memshim::hooks::Allocate;
using memshim::hooks::AllocateEarly;
using memshim::hooks::IsReady;
using memshim::hooks::Real;
using memshim::hooks::RealFunctions;
using memshim::hooks::Release;
using memshim::hooks::Resize;
using memshim::hooks::ResizeEarly;
using Function = memshim::ledger::AllocationFunction;

#define MEMSHIM_CALLER_PC reinterpret_cast<uint64_t>(__builtin_return_address(0))
#define MEMSHIM_OR_EARLY(value) \
  if (!IsReady()) [[unlikely]]  \
  return value

extern "C" {

MEMSHIM_EXPORT void* malloc(size_t size) noexcept {
  MEMSHIM_OR_EARLY(AllocateEarly(0, size));
  return Allocate(Function::kMalloc, size, MEMSHIM_CALLER,
                  [=](const RealFunctions& real) { return real.malloc(size); });
}

MEMSHIM_EXPORT void* calloc(size_t count, size_t size) noexcept {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;  // the real function refuses
  MEMSHIM_OR_EARLY(AllocateEarly(0, bytes));
  return Allocate(Function::kCalloc, bytes, MEMSHIM_CALLER,
                  [=](const RealFunctions& real) { return real.calloc(count, size); });
}

MEMSHIM_EXPORT void* memalign(size_t alignment, size_t size) noexcept {
  MEMSHIM_OR_EARLY(AllocateEarly(alignment, size));
  return Allocate(Function::kMemalign, size, MEMSHIM_CALLER,
                  [=](const RealFunctions& real) { return real.memalign(alignment, size); });
}

MEMSHIM_EXPORT void* aligned_alloc(size_t alignment, size_t size) noexcept {
  MEMSHIM_OR_EARLY(AllocateEarly(alignment, size));
  return Allocate(Function::kAlignedAlloc, size, MEMSHIM_CALLER,
                  [=](const RealFunctions& real) { return real.aligned_alloc(alignment, size); });
}

MEMSHIM_EXPORT int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  if (!IsReady()) [[unlikely]] {
    *block = AllocateEarly(alignment, size);
    return *block == nullptr ? ENOMEM : 0;
  }
  int status = 0;
  Allocate(Function::kPosixMemalign, size, MEMSHIM_CALLER, [&](const RealFunctions& real) -> void* {
    status = real.posix_memalign(block, alignment, size);
    return status == 0 ? *block : nullptr;
  });
  return status;
}

MEMSHIM_EXPORT void* valloc(size_t size) noexcept {
  MEMSHIM_OR_EARLY(AllocateEarly(kPageBytes, size));
  return Allocate(Function::kValloc, size, MEMSHIM_CALLER,
                  [=](const RealFunctions& real) { return real.valloc(size); });
}

MEMSHIM_EXPORT void* pvalloc(size_t size) noexcept {
  MEMSHIM_OR_EARLY(AllocateEarly(kPageBytes, RoundUp(size, kPageBytes)));
  return Allocate(Function::kPvalloc, size, MEMSHIM_CALLER,
                  [=](const RealFunctions& real) { return real.pvalloc(size); });
}

MEMSHIM_EXPORT void* realloc(void* block, size_t size) noexcept {
  MEMSHIM_OR_EARLY(ResizeEarly(block, size));
  return Resize(Function::kRealloc, block, size, false, MEMSHIM_CALLER,
                [=](const RealFunctions& real) { return real.realloc(block, size); });
}

MEMSHIM_EXPORT void* reallocarray(void* block, size_t count, size_t size) noexcept {
  size_t bytes;
  // An overflow fails; any size but 0 says so to Resize.
  if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;
  MEMSHIM_OR_EARLY(ResizeEarly(block, bytes));
  // glibc's reallocarray calls realloc through the same table as everybody.
  return Resize(Function::kReallocarray, block, bytes, true, MEMSHIM_CALLER,
                [=](const RealFunctions& real) { return real.reallocarray(block, count, size); });
}

MEMSHIM_EXPORT void free(void* block) noexcept {
  MEMSHIM_OR_EARLY();
  Release(block, MEMSHIM_CALLER_PC, [=](const RealFunctions& real) { real.free(block); });
}

MEMSHIM_EXPORT void cfree(void* block) noexcept {
  MEMSHIM_OR_EARLY();
  Release(block, MEMSHIM_CALLER_PC, [=](const RealFunctions& real) { real.cfree(block); });
}

MEMSHIM_EXPORT void free_sized(void* block, size_t size) noexcept {
  MEMSHIM_OR_EARLY();
  Release(block, MEMSHIM_CALLER_PC, [=](const RealFunctions& real) {
    if (real.free_sized == nullptr) return real.free(block);
    real.free_sized(block, size);
  });
}

MEMSHIM_EXPORT void free_aligned_sized(void* block, size_t alignment, size_t size) noexcept {
  MEMSHIM_OR_EARLY();
  Release(block, MEMSHIM_CALLER_PC, [=](const RealFunctions& real) {
    if (real.free_aligned_sized == nullptr) return real.free(block);
    real.free_aligned_sized(block, alignment, size);
  });
}

MEMSHIM_EXPORT int dlclose(void* handle) {
  auto close = Real().dlclose;
  // Before glibc 2.34 it is in a library that may come later, with a plugin.
  if (close == nullptr) close = memshim::hooks::FindDlclose();
  memshim::hooks::AdvanceGeneration();
  const int status = close(handle);
  memshim::hooks::AdvanceGeneration();
  return status;
}

const memshim::hooks::LoadedObjects* memshim_companion_loaded(uint64_t start, uint64_t end) {
  memshim::unwind::NoteOwnCode(start, end);
  return &memshim::hooks::g_loaded_objects;
}

bool memshim_companion_enters(uint64_t caller) {
  if (!memshim::hooks::IsCompanionsTurn(caller)) return false;
  memshim::hooks::EnterRealCall();
  return true;
}

bool memshim_companion_frees(void* block, uint64_t caller) {
  if (!memshim::hooks::IsCompanionsTurn(caller)) return false;
  if (block != nullptr) memshim::hooks::RecordFree(block, caller);
  memshim::hooks::EnterRealCall();
  return true;
}

void memshim_companion_leaves() { memshim::hooks::LeaveRealCall(); }

void memshim_companion_allocated(Function function, void* block, size_t size,
                                 const memshim::unwind::FrameState* caller) {
  memshim_companion_leaves();
  memshim::hooks::Allocated(function, block, size, *caller);
}

void* memshim_companion_resizes(Function function, void* block, size_t size,
                                const memshim::unwind::FrameState* caller,
                                void* (*resize)(void* arguments), void* arguments) {
  return Resize(function, block, size, false, *caller,
                [=](const RealFunctions&) { return resize(arguments); });
}

}  // extern "C"
