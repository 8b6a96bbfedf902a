// The entry points of the malloc family. Each is one line; what a call means is written once, in
// Allocate, Resize and Release, with the real function as a parameter. What the real function
// does (alignment, errno, zero sizes, overflow) is never repeated here.
//
// Each asks first whether the real functions can be known yet (before_relocation.h).
//
// Order: a block is recorded after the real allocation and unrecorded before the real free; a
// resize lifts the block out, calls, and commits or puts it back. Recording the other way round
// would let another thread receive an address that is still in the table.
// Context: hook. Signals: guarded by Event.
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "registers.h"
#include "shim/base/attributes.h"
#include "shim/hooks/before_relocation.h"
#include "shim/hooks/companion.h"
#include "shim/hooks/process.h"
#include "shim/hooks/real_call.h"
#include "shim/hooks/real_functions.h"
#include "shim/hooks/take_stack.h"

namespace memshim::hooks {
namespace {

using ledger::AllocationFunction;
using unwind::FrameState;

uint64_t AddressOf(const void* block) {
  return base::WithoutTag(reinterpret_cast<uint64_t>(block));
}

// Behind the real call that made the block.
uint64_t UsableSize(void* block) {
  const auto usable_size = g_real.usable_size;
  return usable_size == nullptr ? 0 : usable_size(block);
}

MEMSHIM_INLINE void RecordAllocation(const Recording& recording, AllocationFunction function,
                                     void* block, size_t size, const FrameState& caller) {
  record::Recorder& recorder = recording.process.recorder;
  record::BlockTable::Slot* const slot = recorder.Expect(AddressOf(block));
  const unwind::StackId stack = TakeStack(recording, caller);
  recorder.OnAllocate(*recording.slot.shard, stack, function, slot, AddressOf(block), size,
                      UsableSize(block));
}

MEMSHIM_NOINLINE void RecordAllocationSlowly(AllocationFunction function, void* block, size_t size,
                                             const FrameState& caller) {
  Event event(caller.pc);
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

MEMSHIM_NOINLINE void RecordFreeSlowly(void* block, uint64_t caller) {
  Event event(caller);
  if (event.is_open()) {
    event.process().recorder.OnFree(*event.slot().shard, AddressOf(block));
  } else if (event.is_own()) {
    g_process->recorder.OnOwnFree(*t_state.slot->shard, AddressOf(block));
  }
}

MEMSHIM_INLINE void RecordFree(void* block, uint64_t caller) {
  if (!EnterQuickly()) [[unlikely]]
    return RecordFreeSlowly(block, caller);
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

// Before and after objects go.
void AdvanceGeneration() {
  // Companions use theirs after the end of the recording, too. release: who sees the change sees
  // what the loader did before.
  g_loaded_objects.changes.fetch_add(1, std::memory_order_release);
  Event event;
  if (!event.is_open()) return;
  unwind::StackTrie& trie = event.process().trie;
  event.process().codes.Prepare(trie.generation() + 1);
  trie.AdvanceGeneration();
}

// A real call has given `block` or null.
void* Allocated(AllocationFunction function, void* block, size_t size, const FrameState& caller) {
  if (block != nullptr) [[likely]] {
    RecordAllocation(function, block, size, caller);
  } else if (size != 0) {
    RecordFailure(function, size, caller);
  }
  return block;
}

// `call` makes the real call, which gives the new block or null.
template <typename RealCall>
void* Allocate(AllocationFunction function, size_t size, const FrameState& caller, RealCall call) {
  void* made = CallReal(g_real.is_foreign, [&] { return call(g_real); });
  return Allocated(function, made, size, caller);
}

template <typename RealCall>
void Release(void* block, uint64_t caller, RealCall call) {
  if (block != nullptr) {
    // The loader frees its notes on a module it has unloaded, also when nobody called dlclose
    // (gconv and NSS modules): addresses may now mean other code.
    if (IsInLoader(caller)) [[unlikely]]
      AdvanceGeneration();
    RecordFree(block, caller);
  }
  CallReal(g_real.is_foreign, [&] {
    call(g_real);
    return 0;
  });
}

// What is in hand between the two halves of a resize.
struct Lifted {
  record::LiftedBlock block;
  uint32_t incarnation = 0;  // a handler may fork during the real call: then it means nothing
  bool is_known = false;
};

void Lift(const Recording& recording, void* block, Lifted* lifted) {
  lifted->is_known = recording.process.recorder.Lift(AddressOf(block), &lifted->block);
  lifted->incarnation = t_state.incarnation;
}

MEMSHIM_NOINLINE void LiftBlockSlowly(void* block, uint64_t caller, Lifted* lifted) {
  Event event(caller);
  if (event.is_open()) {
    Lift(event.recording(), block, lifted);
  } else if (event.is_own()) {
    g_process->recorder.OnOwnFree(*t_state.slot->shard, AddressOf(block));
  }
}

void LiftBlock(void* block, uint64_t caller, Lifted* lifted) {
  if (!EnterQuickly()) [[unlikely]]
    return LiftBlockSlowly(block, caller, lifted);
  Lift({*g_process, *t_state.slot}, block, lifted);
  LeaveQuickly();
}

void Settle(const Recording& recording, const Lifted& lifted, void* new_block, size_t size) {
  if (lifted.incarnation != t_state.incarnation) return;
  record::Recorder& recorder = recording.process.recorder;
  record::Shard& shard = *recording.slot.shard;
  if (new_block == nullptr && size != 0) {
    recorder.PutBack(lifted.block);
  } else if (record::Recorder::IsOwn(lifted.block)) {
    if (new_block != nullptr) recorder.OnOwnAllocate(AddressOf(new_block));
  } else if (new_block == nullptr) {
    recorder.CommitFree(shard, lifted.block);
  } else {
    recorder.CommitResize(shard, lifted.block, AddressOf(new_block), size, UsableSize(new_block));
  }
}

MEMSHIM_NOINLINE void SettleBlockSlowly(const Lifted& lifted, uint64_t caller, void* new_block,
                                        size_t size) {
  Event event(caller);
  if (event.is_open()) Settle(event.recording(), lifted, new_block, size);
}

void SettleBlock(const Lifted& lifted, uint64_t caller, void* new_block, size_t size) {
  if (!EnterQuickly()) [[unlikely]]
    return SettleBlockSlowly(lifted, caller, new_block, size);
  Settle({*g_process, *t_state.slot}, lifted, new_block, size);
  LeaveQuickly();
}

// `size` is the whole new size. A null result with size 0 is a free; otherwise a failure, and
// the old block lives on. `calls_back`: as of CallReal, even of the C library's function.
template <typename RealCall>
void* Resize(AllocationFunction function, void* block, size_t size, bool calls_back,
             const FrameState& caller, RealCall call) {
  calls_back |= g_real.is_foreign;
  if (block == nullptr) {
    void* made = CallReal(calls_back, [&] { return call(g_real); });
    return Allocated(function, made, size, caller);
  }
  Lifted lifted;
  LiftBlock(block, caller.pc, &lifted);
  void* resized = CallReal(calls_back, [&] { return call(g_real); });
  if (lifted.is_known) SettleBlock(lifted, caller.pc, resized, size);
  if (resized == nullptr) {
    if (size != 0) RecordFailure(function, size, caller);
  } else if (!lifted.is_known) {
    // From now on it is a block like any other: allocated here.
    RecordAllocation(function, resized, size, caller);
  }
  return resized;
}

// Whether a companion's call is to be told of: not one of the allocator's within another call or
// while we ask it something (tcmalloc's usable size), and not one of a signal handler that has
// interrupted memshim itself.
bool IsCompanionsTurn(uint64_t caller) {
  if (t_state.busy == Busy::kNo) return true;
  if (!IsProgramsOwn(caller)) return false;
  if (t_state.busy == Busy::kRealCall) return true;
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
