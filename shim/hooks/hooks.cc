// The entry points of the malloc family. Each is one line; what a call means is written once, in
// Allocate, Resize and Release, with the real function as a parameter. What the real function
// does (alignment, errno, zero sizes, overflow) is never repeated here.
//
// Order: a block is recorded after the real allocation and unrecorded before the real free; a
// resize lifts the block out, calls, and commits or puts it back. Recording the other way round
// would let another thread receive an address that is still in the table.
// Context: hook. Signals: guarded by Event.
#include <cstddef>
#include <cstdint>

#include "registers.h"
#include "shim/base/attributes.h"
#include "shim/hooks/process.h"
#include "shim/hooks/real_functions.h"
#include "shim/hooks/take_stack.h"

namespace memshim::hooks {
namespace {

using ledger::AllocationFunction;
using unwind::FrameState;

uint64_t AddressOf(const void* block) { return reinterpret_cast<uint64_t>(block); }

// Calls the real function. `calls_back`: it may call our own entry points on the way; those calls
// belong to this one and are passed by.
template <typename Call>
auto CallReal(bool calls_back, Call call) {
  if (!calls_back || t_state.busy != Busy::kNo) [[likely]]
    return call();
  t_state.busy = Busy::kRealCall;
  const auto result = call();
  t_state.busy = Busy::kNo;
  return result;
}

uint64_t UsableSize(void* block) {
  const auto usable_size = Real().usable_size;
  return usable_size == nullptr ? 0 : usable_size(block);
}

MEMSHIM_INLINE void RecordAllocation(const Recording& recording, AllocationFunction function,
                                     void* block, size_t size, const FrameState& caller) {
  const unwind::StackId stack = TakeStack(recording, caller);
  recording.process.recorder.OnAllocate(*recording.slot.shard, stack, function, AddressOf(block),
                                        size, UsableSize(block));
}

MEMSHIM_NOINLINE void RecordAllocationSlowly(AllocationFunction function, void* block, size_t size,
                                             const FrameState& caller) {
  Event event;
  if (event.is_open()) {
    RecordAllocation(event.recording(), function, block, size, caller);
  } else if (event.is_own()) {
    g_process->recorder.OnOwnAllocate(AddressOf(block));
  }
}

MEMSHIM_NOINLINE void RecordAllocation(AllocationFunction function, void* block, size_t size,
                                       const FrameState& caller) {
  if (!EnterQuickly()) [[unlikely]]
    return RecordAllocationSlowly(function, block, size, caller);
  RecordAllocation({*g_process, *t_state.slot}, function, block, size, caller);
  LeaveQuickly();
}

MEMSHIM_NOINLINE void RecordFreeSlowly(void* block) {
  Event event;
  if (event.is_open()) {
    event.process().recorder.OnFree(*event.slot().shard, AddressOf(block));
  } else if (event.is_own()) {
    g_process->recorder.OnOwnFree(*t_state.slot->shard, AddressOf(block));
  }
}

MEMSHIM_INLINE void RecordFree(void* block) {
  if (!EnterQuickly()) [[unlikely]]
    return RecordFreeSlowly(block);
  g_process->recorder.OnFree(*t_state.slot->shard, AddressOf(block));
  LeaveQuickly();
}

// A request came back empty-handed. Not called for the size zero, where that may be the answer.
MEMSHIM_NOINLINE void RecordFailure(AllocationFunction function, size_t size,
                                    const FrameState& caller) {
  Event event;
  if (!event.is_open()) return;
  event.process().recorder.OnFailure(*event.slot().shard, TakeStack(event.recording(), caller),
                                     function, size);
}

void AdvanceGeneration() {
  Event event;
  if (!event.is_open()) return;
  unwind::StackTrie& trie = event.process().trie;
  event.process().codes.Prepare(trie.generation() + 1);
  trie.AdvanceGeneration();
}

// `real` gives the new block or null.
template <typename RealCall>
void* Allocate(AllocationFunction function, size_t size, bool calls_back, const FrameState& caller,
               RealCall real) {
  void* block = CallReal(calls_back, real);
  if (block != nullptr) [[likely]] {
    RecordAllocation(function, block, size, caller);
  } else if (size != 0) {
    RecordFailure(function, size, caller);
  }
  return block;
}

template <typename RealCall>
void Release(void* block, uint64_t caller, RealCall real) {
  if (block != nullptr) {
    // The loader frees its notes on a module it has unloaded, also when nobody called dlclose
    // (gconv and NSS modules): addresses may now mean other code.
    if (IsInLoader(caller)) [[unlikely]]
      AdvanceGeneration();
    RecordFree(block);
  }
  CallReal(Real().is_foreign, [&] {
    real();
    return 0;
  });
}

// What is in hand between the two halves of a resize.
struct Lifted {
  record::LiftedBlock block;
  uint32_t incarnation = 0;  // a handler may fork during the real call: then it means nothing
  bool is_known = false;
};

MEMSHIM_NOINLINE Lifted LiftBlock(void* block) {
  Lifted lifted;
  Event event;
  if (event.is_open()) {
    lifted.is_known = event.process().recorder.Lift(AddressOf(block), &lifted.block);
    lifted.incarnation = t_state.incarnation;
  } else if (event.is_own()) {
    g_process->recorder.OnOwnFree(*t_state.slot->shard, AddressOf(block));
  }
  return lifted;
}

MEMSHIM_NOINLINE void SettleBlock(const Lifted& lifted, void* new_block, size_t size) {
  Event event;
  if (!event.is_open() || lifted.incarnation != t_state.incarnation) return;
  record::Recorder& recorder = event.process().recorder;
  if (new_block == nullptr && size != 0) {
    recorder.PutBack(lifted.block);
  } else if (record::Recorder::IsOwn(lifted.block)) {
    if (new_block != nullptr) recorder.OnOwnAllocate(AddressOf(new_block));
  } else if (new_block == nullptr) {
    recorder.CommitFree(*event.slot().shard, lifted.block);
  } else {
    recorder.CommitResize(*event.slot().shard, lifted.block, AddressOf(new_block), size,
                          UsableSize(new_block));
  }
}

// `size` is the whole new size. A null result with size 0 is a free; otherwise a failure, and
// the old block lives on.
template <typename RealCall>
void* Resize(AllocationFunction function, void* block, size_t size, bool calls_back,
             const FrameState& caller, RealCall real) {
  if (block == nullptr) {
    return Allocate(function, size, calls_back, caller, real);
  }
  const Lifted lifted = LiftBlock(block);
  void* resized = CallReal(calls_back, real);
  if (lifted.is_known) SettleBlock(lifted, resized, size);
  if (resized == nullptr) {
    if (size != 0) RecordFailure(function, size, caller);
  } else if (!lifted.is_known) {
    // From now on it is a block like any other: allocated here.
    RecordAllocation(function, resized, size, caller);
  }
  return resized;
}

template <typename RealCall>
void* Allocate(AllocationFunction function, size_t size, const FrameState& caller, RealCall real) {
  return Allocate(function, size, Real().is_foreign, caller, real);
}

}  // namespace
}  // namespace memshim::hooks

using memshim::hooks::Allocate;
using memshim::hooks::Real;
using memshim::hooks::Release;
using memshim::hooks::Resize;
using Function = memshim::ledger::AllocationFunction;

#define MEMSHIM_CALLER memshim::unwind::CallerOf(__builtin_frame_address(0))
#define MEMSHIM_CALLER_PC reinterpret_cast<uint64_t>(__builtin_return_address(0))

extern "C" {

MEMSHIM_EXPORT void* malloc(size_t size) noexcept {
  return Allocate(Function::kMalloc, size, MEMSHIM_CALLER, [=] { return Real().malloc(size); });
}

MEMSHIM_EXPORT void* calloc(size_t count, size_t size) noexcept {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;  // the real function refuses
  return Allocate(Function::kCalloc, bytes, MEMSHIM_CALLER,
                  [=] { return Real().calloc(count, size); });
}

MEMSHIM_EXPORT void* memalign(size_t alignment, size_t size) noexcept {
  return Allocate(Function::kMemalign, size, MEMSHIM_CALLER,
                  [=] { return Real().memalign(alignment, size); });
}

MEMSHIM_EXPORT void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return Allocate(Function::kAlignedAlloc, size, MEMSHIM_CALLER,
                  [=] { return Real().aligned_alloc(alignment, size); });
}

MEMSHIM_EXPORT int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  int status = 0;
  Allocate(Function::kPosixMemalign, size, MEMSHIM_CALLER, [&]() -> void* {
    status = Real().posix_memalign(block, alignment, size);
    return status == 0 ? *block : nullptr;
  });
  return status;
}

MEMSHIM_EXPORT void* valloc(size_t size) noexcept {
  return Allocate(Function::kValloc, size, MEMSHIM_CALLER, [=] { return Real().valloc(size); });
}

MEMSHIM_EXPORT void* pvalloc(size_t size) noexcept {
  return Allocate(Function::kPvalloc, size, MEMSHIM_CALLER, [=] { return Real().pvalloc(size); });
}

MEMSHIM_EXPORT void* realloc(void* block, size_t size) noexcept {
  return Resize(Function::kRealloc, block, size, Real().is_foreign, MEMSHIM_CALLER,
                [=] { return Real().realloc(block, size); });
}

MEMSHIM_EXPORT void* reallocarray(void* block, size_t count, size_t size) noexcept {
  size_t bytes;
  // An overflow fails; any size but 0 says so to Resize.
  if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;
  // glibc's reallocarray calls realloc through the same table as everybody.
  return Resize(Function::kReallocarray, block, bytes, true, MEMSHIM_CALLER,
                [=] { return Real().reallocarray(block, count, size); });
}

MEMSHIM_EXPORT void free(void* block) noexcept {
  Release(block, MEMSHIM_CALLER_PC, [=] { Real().free(block); });
}

MEMSHIM_EXPORT void cfree(void* block) noexcept {
  Release(block, MEMSHIM_CALLER_PC, [=] { Real().cfree(block); });
}

MEMSHIM_EXPORT void free_sized(void* block, size_t size) noexcept {
  Release(block, MEMSHIM_CALLER_PC, [=] {
    if (Real().free_sized == nullptr) return Real().free(block);
    Real().free_sized(block, size);
  });
}

MEMSHIM_EXPORT void free_aligned_sized(void* block, size_t alignment, size_t size) noexcept {
  Release(block, MEMSHIM_CALLER_PC, [=] {
    if (Real().free_aligned_sized == nullptr) return Real().free(block);
    Real().free_aligned_sized(block, alignment, size);
  });
}

MEMSHIM_EXPORT int dlclose(void* handle) {
  memshim::hooks::AdvanceGeneration();
  const int status = Real().dlclose(handle);
  memshim::hooks::AdvanceGeneration();
  return status;
}

}  // extern "C"
