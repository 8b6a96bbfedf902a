// What a call of the malloc family means, written once: Allocate, Release and Resize, with the real
// function as a parameter. What the real function does (alignment, errno, zero sizes, overflow) is
// never repeated here. For the one file of a platform that has the entry points (hooks_linux.cc),
// so that all of it is compiled into them.
//
// Order: a block is recorded after the real allocation and unrecorded before the real free; a
// resize lifts the block out, calls, and commits or puts it back. Recording the other way round
// would let another thread receive an address that is still in the table.
// Context: hook. Signals: guarded by Event.
#ifndef MEMSHIM_SHIM_HOOKS_HOOK_BODIES_H_
#define MEMSHIM_SHIM_HOOKS_HOOK_BODIES_H_

#include <cstddef>
#include <cstdint>

#include "registers.h"
#include "shim/base/attributes.h"
#include "shim/hooks/process.h"
#include "shim/hooks/real_call.h"
#include "shim/hooks/real_functions.h"
#include "shim/hooks/take_stack.h"

// One file includes it.
// NOLINTBEGIN(misc-definitions-in-headers)
namespace memshim::hooks {
namespace {

using ledger::AllocationFunction;
using unwind::FrameState;

uint64_t AddressOf(const void* block) {
  return base::WithoutTag(reinterpret_cast<uint64_t>(block));
}

// Behind the real call that made the block.
uint64_t UsableSize(void* block) { return g_real.usable_size(block); }

MEMSHIM_INLINE void RecordAllocation(const Recording& recording, AllocationFunction function,
                                     void* block, size_t size, const FrameState& caller) {
  record::Recorder& recorder = recording.process.recorder;
  record::BlockTable::Slot* const slot = recorder.Expect(AddressOf(block));
  const record::Stack stack = TakeStack(recording, caller);
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
  RecordAllocation({*g_process, *ThisThread().slot}, function, block, size, caller);
  LeaveQuickly();
}

MEMSHIM_NOINLINE void RecordFreeSlowly(void* block, uint64_t caller) {
  Event event(caller);
  if (event.is_open()) {
    event.process().recorder.OnFree(*event.slot().shard, AddressOf(block));
  } else if (event.is_own()) {
    g_process->recorder.OnOwnFree(*ThisThread().slot->shard, AddressOf(block));
  }
}

MEMSHIM_INLINE void RecordFree(void* block, uint64_t caller) {
  if (!EnterQuickly()) [[unlikely]]
    return RecordFreeSlowly(block, caller);
  g_process->recorder.OnFree(*ThisThread().slot->shard, AddressOf(block));
  LeaveQuickly();
}

// A request came back empty-handed. Not called for the size zero, where that may be the answer.
MEMSHIM_NOINLINE void RecordFailure(AllocationFunction function, size_t size,
                                    const FrameState& caller) {
  Event event;
  if (!event.is_open()) return;
  event.process().recorder.OnFailure(*event.slot().shard, TakeStack(event.recording(), caller).id,
                                     function, size);
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
    // (gconv and NSS modules): addresses may now mean other code. It frees other things, too, as
    // the storage of threads that end: what is known of code would be lost each time.
    if (IsInLoader(caller) && MayLoaderUnload()) [[unlikely]]
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
  lifted->incarnation = ThisThread().incarnation;
}

MEMSHIM_NOINLINE void LiftBlockSlowly(void* block, uint64_t caller, Lifted* lifted) {
  Event event(caller);
  if (event.is_open()) {
    Lift(event.recording(), block, lifted);
  } else if (event.is_own()) {
    g_process->recorder.OnOwnFree(*ThisThread().slot->shard, AddressOf(block));
  }
}

void LiftBlock(void* block, uint64_t caller, Lifted* lifted) {
  if (!EnterQuickly()) [[unlikely]]
    return LiftBlockSlowly(block, caller, lifted);
  Lift({*g_process, *ThisThread().slot}, block, lifted);
  LeaveQuickly();
}

void Settle(const Recording& recording, const Lifted& lifted, void* new_block, size_t size) {
  if (lifted.incarnation != ThisThread().incarnation) return;
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
  Settle({*g_process, *ThisThread().slot}, lifted, new_block, size);
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

}  // namespace
}  // namespace memshim::hooks
// NOLINTEND(misc-definitions-in-headers)

#endif  // MEMSHIM_SHIM_HOOKS_HOOK_BODIES_H_
