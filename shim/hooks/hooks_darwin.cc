// The entry points of the malloc family for macOS: functions of other names, and the tuples by
// which dyld binds all images but this one to them (__DATA,__interpose). What they call under the
// real name is libSystem's. hook_bodies.h has what they mean. Context: hook. Signals: guarded by
// Event.
#include <mach/mach.h>
#include <malloc/malloc.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "caller.h"
#include "shim/base/attributes.h"
#include "shim/hooks/hook_bodies.h"
#include "shim/hooks/interpose_darwin.h"

namespace memshim::hooks {
namespace {

using Function = AllocationFunction;

uint32_t g_seen_allocations, g_seen_frees;
bool g_has_looked;

// Once it has been looked at the threads of a program that is not recorded do not share a counter.
void NoteCall(uint32_t* count) {
  if (!g_has_looked) [[unlikely]]
    ++*count;
}

size_t Product(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;  // the real function refuses
  return bytes;
}

// A failed reallocf frees the block.
void* Reallocf(void* block, size_t size, const FrameState& caller) {
  void* resized = Resize(Function::kRealloc, block, size, true, caller,
                         [=](const RealFunctions& real) { return real.realloc(block, size); });
  if (resized == nullptr && size != 0) {
    Release(block, caller.pc, [=](const RealFunctions& real) { real.free(block); });
  }
  return resized;
}

// `call` gives the status; *block is the block.
template <typename Call>
int AllocateTo(void** block, size_t size, const FrameState& caller, Call call) {
  int status = 0;
  Allocate(Function::kPosixMemalign, size, caller, [&](const RealFunctions& real) -> void* {
    status = call(real);
    return status == 0 ? *block : nullptr;
  });
  return status;
}

unsigned AllocateBatch(void* zone, size_t size, void** blocks, unsigned wanted,
                       const FrameState& caller) {
  const RealFunctions& real = Real();
  const unsigned count =
      CallReal(true, [&] { return real.malloc_zone_batch_malloc(zone, size, blocks, wanted); });
  for (unsigned i = 0; i < count; ++i) Allocated(Function::kMalloc, blocks[i], size, caller);
  return count;
}

void ReleaseBatch(void* zone, void** blocks, unsigned count, uint64_t caller) {
  // Before the real call, which may write to `blocks`.
  for (unsigned i = 0; i < count; ++i) {
    if (blocks[i] != nullptr) RecordFree(blocks[i], caller);
  }
  CallReal(true, [&] {
    Real().malloc_zone_batch_free(zone, blocks, count);
    return 0;
  });
}

void FreeRanges(task_t, void* caller, unsigned, vm_range_t* ranges, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    RecordFree(reinterpret_cast<void*>(ranges[i].address), reinterpret_cast<uint64_t>(caller));
  }
}

// All blocks of the zone go with it: the zone itself lists them.
void DestroyZone(void* destroyed, uint64_t caller) {
  malloc_zone_t* zone = static_cast<malloc_zone_t*>(destroyed);
  const bool is_listed =
      zone != nullptr && zone->introspect != nullptr && zone->introspect->enumerator != nullptr;
  if (is_listed) {
    zone->introspect->enumerator(mach_task_self(), reinterpret_cast<void*>(caller),
                                 MALLOC_PTR_IN_USE_RANGE_TYPE, reinterpret_cast<vm_address_t>(zone),
                                 nullptr, FreeRanges);
  }
  CallReal(true, [=] {
    Real().malloc_destroy_zone(zone);
    return 0;
  });
}

}  // namespace

bool IsInterposed() {
  g_has_looked = true;
  return g_seen_allocations != 0 && g_seen_frees != 0;
}

}  // namespace memshim::hooks

using namespace memshim::hooks;  // NOLINT(google-build-using-namespace): of what stands above

#define MEMSHIM_CALLER_PC reinterpret_cast<uint64_t>(__builtin_return_address(0))
#define MEMSHIM_ALLOCATE(function, size, call)    \
  NoteCall(&g_seen_allocations);                  \
  return Allocate(function, size, MEMSHIM_CALLER, \
                  [=](const RealFunctions& real) { return real.call; })
#define MEMSHIM_RESIZE(block, size, call)                              \
  return Resize(Function::kRealloc, block, size, true, MEMSHIM_CALLER, \
                [=](const RealFunctions& real) { return real.call; })
#define MEMSHIM_RELEASE(block, call) \
  NoteCall(&g_seen_frees);           \
  Release(block, MEMSHIM_CALLER_PC, [=](const RealFunctions& real) { real.call; })

extern "C" {

void* memshim_malloc(size_t size) { MEMSHIM_ALLOCATE(Function::kMalloc, size, malloc(size)); }
void* memshim_calloc(size_t count, size_t size) {
  MEMSHIM_ALLOCATE(Function::kCalloc, Product(count, size), calloc(count, size));
}
void* memshim_realloc(void* block, size_t size) {
  MEMSHIM_RESIZE(block, size, realloc(block, size));
}
void* memshim_reallocf(void* block, size_t size) { return Reallocf(block, size, MEMSHIM_CALLER); }
void* memshim_valloc(size_t size) { MEMSHIM_ALLOCATE(Function::kValloc, size, valloc(size)); }
void* memshim_aligned_alloc(size_t alignment, size_t size) {
  MEMSHIM_ALLOCATE(Function::kAlignedAlloc, size, aligned_alloc(alignment, size));
}
int memshim_posix_memalign(void** block, size_t alignment, size_t size) {
  return AllocateTo(block, size, MEMSHIM_CALLER, [=](const RealFunctions& real) {
    return real.posix_memalign(block, alignment, size);
  });
}
void memshim_free(void* block) { MEMSHIM_RELEASE(block, free(block)); }

void* memshim_malloc_zone_malloc(void* zone, size_t size) {
  MEMSHIM_ALLOCATE(Function::kMalloc, size, malloc_zone_malloc(zone, size));
}
void* memshim_malloc_zone_calloc(void* zone, size_t count, size_t size) {
  MEMSHIM_ALLOCATE(Function::kCalloc, Product(count, size), malloc_zone_calloc(zone, count, size));
}
void* memshim_malloc_zone_valloc(void* zone, size_t size) {
  MEMSHIM_ALLOCATE(Function::kValloc, size, malloc_zone_valloc(zone, size));
}
void* memshim_malloc_zone_realloc(void* zone, void* block, size_t size) {
  MEMSHIM_RESIZE(block, size, malloc_zone_realloc(zone, block, size));
}
void* memshim_malloc_zone_memalign(void* zone, size_t alignment, size_t size) {
  MEMSHIM_ALLOCATE(Function::kMemalign, size, malloc_zone_memalign(zone, alignment, size));
}
void memshim_malloc_zone_free(void* zone, void* block) {
  MEMSHIM_RELEASE(block, malloc_zone_free(zone, block));
}
unsigned memshim_malloc_zone_batch_malloc(void* zone, size_t size, void** blocks, unsigned wanted) {
  return AllocateBatch(zone, size, blocks, wanted, MEMSHIM_CALLER);
}
void memshim_malloc_zone_batch_free(void* zone, void** blocks, unsigned count) {
  ReleaseBatch(zone, blocks, count, MEMSHIM_CALLER_PC);
}
void memshim_malloc_destroy_zone(void* zone) { DestroyZone(zone, MEMSHIM_CALLER_PC); }

void* memshim_malloc_type_malloc(size_t size, uint64_t type) {
  MEMSHIM_ALLOCATE(Function::kMalloc, size, malloc_type_malloc(size, type));
}
void* memshim_malloc_type_calloc(size_t count, size_t size, uint64_t type) {
  MEMSHIM_ALLOCATE(Function::kCalloc, Product(count, size), malloc_type_calloc(count, size, type));
}
void* memshim_malloc_type_realloc(void* block, size_t size, uint64_t type) {
  MEMSHIM_RESIZE(block, size, malloc_type_realloc(block, size, type));
}
void* memshim_malloc_type_valloc(size_t size, uint64_t type) {
  MEMSHIM_ALLOCATE(Function::kValloc, size, malloc_type_valloc(size, type));
}
void* memshim_malloc_type_aligned_alloc(size_t alignment, size_t size, uint64_t type) {
  MEMSHIM_ALLOCATE(Function::kAlignedAlloc, size, malloc_type_aligned_alloc(alignment, size, type));
}
int memshim_malloc_type_posix_memalign(void** block, size_t alignment, size_t size, uint64_t type) {
  return AllocateTo(block, size, MEMSHIM_CALLER, [=](const RealFunctions& real) {
    return real.malloc_type_posix_memalign(block, alignment, size, type);
  });
}
void memshim_malloc_type_free(void* block, uint64_t type) {
  MEMSHIM_RELEASE(block, malloc_type_free(block, type));
}
void* memshim_malloc_type_zone_malloc(void* zone, size_t size, uint64_t type) {
  MEMSHIM_ALLOCATE(Function::kMalloc, size, malloc_type_zone_malloc(zone, size, type));
}
void* memshim_malloc_type_zone_calloc(void* zone, size_t count, size_t size, uint64_t type) {
  MEMSHIM_ALLOCATE(Function::kCalloc, Product(count, size),
                   malloc_type_zone_calloc(zone, count, size, type));
}
void* memshim_malloc_type_zone_valloc(void* zone, size_t size, uint64_t type) {
  MEMSHIM_ALLOCATE(Function::kValloc, size, malloc_type_zone_valloc(zone, size, type));
}
void* memshim_malloc_type_zone_realloc(void* zone, void* block, size_t size, uint64_t type) {
  MEMSHIM_RESIZE(block, size, malloc_type_zone_realloc(zone, block, size, type));
}
void* memshim_malloc_type_zone_memalign(void* zone, size_t alignment, size_t size, uint64_t type) {
  MEMSHIM_ALLOCATE(Function::kMemalign, size,
                   malloc_type_zone_memalign(zone, alignment, size, type));
}
void memshim_malloc_type_zone_free(void* zone, void* block, uint64_t type) {
  MEMSHIM_RELEASE(block, malloc_type_zone_free(zone, block, type));
}

// `size` may be of an aligned block, or of a cleared one.
#define MEMSHIM_ALLOCATE_WITH_OPTIONS(name) \
  MEMSHIM_ALLOCATE(alignment == 0 ? Function::kMalloc : Function::kMemalign, size, name)
void* memshim_malloc_zone_malloc_with_options(void* zone, size_t alignment, size_t size,
                                              uint64_t options) {
  MEMSHIM_ALLOCATE_WITH_OPTIONS(malloc_zone_malloc_with_options(zone, alignment, size, options));
}
void* memshim_malloc_zone_malloc_with_options_np(void* zone, size_t alignment, size_t size,
                                                 uint64_t options) {
  MEMSHIM_ALLOCATE_WITH_OPTIONS(malloc_zone_malloc_with_options_np(zone, alignment, size, options));
}
// Type and options change places between two of these; both are only passed on.
void* memshim_malloc_type_zone_malloc_with_options(void* zone, size_t alignment, size_t size,
                                                   uint64_t type, uint64_t options) {
  MEMSHIM_ALLOCATE_WITH_OPTIONS(
      malloc_type_zone_malloc_with_options(zone, alignment, size, type, options));
}
void* memshim_malloc_type_zone_malloc_with_options_np(void* zone, size_t alignment, size_t size,
                                                      uint64_t options, uint64_t type) {
  MEMSHIM_ALLOCATE_WITH_OPTIONS(
      malloc_type_zone_malloc_with_options_np(zone, alignment, size, options, type));
}
void* memshim_malloc_type_zone_malloc_with_options_internal(void* zone, size_t alignment,
                                                            size_t size, uint64_t type,
                                                            uint64_t options) {
  MEMSHIM_ALLOCATE_WITH_OPTIONS(
      malloc_type_zone_malloc_with_options_internal(zone, alignment, size, type, options));
}

// libSystem's vfork is its fork without pthread_atfork's handlers (since macOS 12; before, a child
// that borrows our memory): a child that may allocate, and in which memshim would not have begun
// anew.
int memshim_vfork() { return fork(); }

int memshim_dlclose(void* handle) {
  AdvanceGeneration();
  const int status = Real().dlclose(handle);
  AdvanceGeneration();
  return status;
}

}  // extern "C"
