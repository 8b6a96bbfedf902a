// Blocks of a program's own pools, as it tells heaptrack of them (heaptrack_api.h): functions that
// programs call where something defines them.
//
// A pool's first block may begin where the block begins that it was cut out of, so the pools'
// blocks are kept under addresses of their own. Context: hook. Signals: guarded by Event.
#include <cstddef>
#include <cstdint>

#include "caller.h"
#include "shim/base/attributes.h"
#include "shim/hooks/process.h"
#include "shim/hooks/take_stack.h"

namespace memshim::hooks {
namespace {

constexpr auto kFunction = ledger::AllocationFunction::kHeaptrackMalloc;

uint64_t PoolAddressOf(const void* block) {
  constexpr uint64_t kInPool = uint64_t{1} << 63;  // no address of a program has it
  return base::WithoutTag(reinterpret_cast<uint64_t>(block)) | kInPool;
}

void Allocate(const Event& event, const void* block, size_t size,
              const unwind::FrameState& caller) {
  record::Recorder& recorder = event.process().recorder;
  const uint64_t address = PoolAddressOf(block);
  recorder.OnAllocate(*event.slot().shard, TakeStack(event.recording(), caller), kFunction,
                      recorder.Expect(address), address, size);
}

void Resize(const Event& event, const void* block, const void* resized, size_t size,
            const unwind::FrameState& caller) {
  record::LiftedBlock lifted;
  if (!event.process().recorder.Lift(PoolAddressOf(block), &lifted)) {
    return Allocate(event, resized, size, caller);
  }
  event.process().recorder.CommitResize(*event.slot().shard, lifted, PoolAddressOf(resized), size);
}

}  // namespace
}  // namespace memshim::hooks

using memshim::hooks::Event;

extern "C" {

MEMSHIM_EXPORT void heaptrack_malloc(void* block, size_t size) {
  Event event;
  if (block == nullptr || !event.is_open()) return;
  memshim::hooks::Allocate(event, block, size, MEMSHIM_CALLER);
}

MEMSHIM_EXPORT void heaptrack_realloc(void* block, size_t size, void* resized) {
  Event event;
  if (resized == nullptr || !event.is_open()) return;  // null: it failed, the old one lives on
  if (block == nullptr) return memshim::hooks::Allocate(event, resized, size, MEMSHIM_CALLER);
  memshim::hooks::Resize(event, block, resized, size, MEMSHIM_CALLER);
}

MEMSHIM_EXPORT void heaptrack_free(void* block) {
  Event event;
  if (block == nullptr || !event.is_open()) return;
  event.process().recorder.OnFree(*event.slot().shard, memshim::hooks::PoolAddressOf(block));
}

}  // extern "C"
