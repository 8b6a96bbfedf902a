// What events mean for the figures. Knows blocks, points and counters; neither stacks nor hooks.
//
// Order that callers keep: a block is recorded after the real allocation and unrecorded before
// the real free, so that no other thread can be given an address that is still in the table. A
// resize lifts the block out, calls the real function, and commits or puts it back.
// Context: hook. Locks: see shard.h, block_table.h. Allocates: arena. Signals: guarded.
#ifndef MEMSHIM_SHIM_RECORD_RECORDER_H_
#define MEMSHIM_SHIM_RECORD_RECORDER_H_

#include "shim/base/clock.h"
#include "shim/base/id_index.h"
#include "shim/record/block_table.h"
#include "shim/record/details.h"
#include "shim/record/peak.h"
#include "shim/record/shard.h"
#include "shim/record/timeline.h"

namespace memshim::record {

// A block taken out of the table while it is resized.
struct LiftedBlock {
  Block block;
  uint64_t address;
};

class Recorder {
 public:
  // Requires: zero-filled *this and a ledger whose stack `full_stack` always exists.
  // `is_forked`: unknown blocks were inherited from the parent; `are_blocks_spaced`: see
  // BlockTable. False: no room.
  bool Start(ledger::Ledger* ledger, uint32_t full_stack, bool is_forked, bool are_blocks_spaced);

  // Makes *shard usable as number `index`. False: no room.
  bool StartShard(Shard* shard, uint32_t index) {
    return shard->Start(ledger_, &arena_, &cells_lock_, index);
  }

  // The point of a stack and an allocation function; when the ledger is full, the function's
  // point of the full stack.
  PointId PointFor(uint32_t stack, ledger::AllocationFunction function);

  // A block of `size` requested bytes came to life at `address`. `usable`: what the allocator
  // gave; 0: unknown.
  void OnAllocate(Shard& shard, uint32_t stack, ledger::AllocationFunction function,
                  uint64_t address, uint64_t size, uint64_t usable = 0);
  // A request of `size` bytes was refused.
  void OnFailure(Shard& shard, uint32_t stack, ledger::AllocationFunction function, uint64_t size);
  // A block that is memshim's own (the dynamic linker's, on our behalf): known, never counted.
  void OnOwnAllocate(uint64_t address);

  // The block at `address` is about to be freed.
  void OnFree(Shard& shard, uint64_t address);
  // The same during memshim's own work: an unknown block is no loss.
  void OnOwnFree(Shard& shard, uint64_t address);

  // Takes the block out of the table without touching its figures. False: unknown, counted.
  bool Lift(uint64_t address, LiftedBlock* lifted);
  // The lifted block now has `size` requested bytes at `address`.
  void CommitResize(Shard& shard, const LiftedBlock& lifted, uint64_t address, uint64_t size,
                    uint64_t usable = 0);
  // The lifted block was freed by the resize.
  void CommitFree(Shard& shard, const LiftedBlock& lifted);
  // The resize failed: all as before.
  void PutBack(const LiftedBlock& lifted) { PutBack(lifted.block, lifted.address); }

  uint64_t Now() const { return clock_.Now(); }
  const base::Clock& clock() const { return clock_; }
  Timeline& timeline() { return timeline_; }

  static bool IsOwn(const LiftedBlock& lifted) { return IsOwn(lifted.block); }

 private:
  static constexpr PointId kOwnPoint = 0xffffffffu;
  static constexpr PointId kNoPoint = base::IdIndex::kNone;

  static bool IsOwn(const Block& block) { return block.point == kOwnPoint; }

  ledger::Point* PointAt(PointId id) {
    return ledger_->Entry<ledger::Point>(ledger::Table::kPoints, id);
  }
  // The cell of a stack and a function, found the long way; when the ledger is full, that of the
  // function's point of the full stack.
  MEMSHIM_NOINLINE ledger::Cell* CellOf(Shard& shard, uint32_t stack,
                                        ledger::AllocationFunction function);
  // The point of a stack and a function, with kFailedRequests or not; kNoPoint, and a loss, when
  // there is no room (`if_full`) or no lock.
  PointId Intern(uint32_t stack, uint32_t function, ledger::Loss if_full);
  void PutBack(const Block& block, uint64_t address);
  bool LiftOut(uint64_t address, LiftedBlock* lifted);
  void Insert(Shard& shard, uint64_t address, const Block& block, uint64_t now);
  MEMSHIM_NOINLINE void InsertSlowly(Shard& shard, uint64_t address, const Block& block,
                                     uint64_t now);
  void RecordDeath(Shard& shard, const Block& block, uint64_t now, bool is_temporary);
  void Free(Shard& shard, const Block& block, bool is_temporary);
  // Runs `record` on the shard: under its lock where threads share it.
  template <typename Record>
  void With(Shard& shard, Record record);
  // The time of an event of the shard.
  uint64_t Begin(Shard& shard);
  MEMSHIM_NOINLINE void Look(Shard& shard, uint64_t now);
  void Allocate(Shard& shard, uint32_t stack, ledger::AllocationFunction function, uint64_t address,
                uint64_t size, uint64_t usable);
  void Refuse(Shard& shard, PointId point, uint64_t size);
  void Resize(Shard& shard, const LiftedBlock& lifted, uint64_t address, uint64_t size,
              uint64_t usable);

  ledger::Ledger* ledger_;
  base::Clock clock_;
  base::Arena arena_;
  base::Lock points_lock_;
  base::Lock cells_lock_;
  base::IdIndex points_;
  bool is_forked_;
  Timeline timeline_;
  BlockTable blocks_;
};

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_RECORDER_H_
