// What events mean for the figures. Knows blocks, points and counters; neither stacks nor hooks.
//
// Order that callers keep: a block is recorded after the real allocation and unrecorded before
// the real free, so that no other thread can be given an address that is still in the table. A
// resize lifts the block out, calls the real function, and commits or puts it back.
// Context: hook. Locks: see shard.h, block_table.h. Allocates: arena. Signals: guarded.
#ifndef MEMSHIM_SHIM_RECORD_RECORDER_H_
#define MEMSHIM_SHIM_RECORD_RECORDER_H_

#include <atomic>

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

// A stack, and where the recorder may keep something with it for the shard that took it; null:
// nowhere.
struct Stack {
  uint32_t id;
  uint64_t* note = nullptr;
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

  // The thread that has recorded on the shard ends.
  void EndShard(Shard& shard);

  // The point of a stack and an allocation function; when the ledger is full, the function's
  // point of the full stack.
  PointId PointFor(uint32_t stack, ledger::AllocationFunction function);

  // Where a block that has come to life will be kept: before its stack is taken, so that the memory
  // is there afterwards.
  MEMSHIM_INLINE BlockTable::Slot* Expect(uint64_t address) const {
    return blocks_.Expect(address);
  }
  // A block of `size` requested bytes came to life at `address`. `usable`: what the allocator
  // gave; 0: unknown. `slot`: Expect(address). (Inlined into the hooks, as OnFree.)
  MEMSHIM_INLINE void OnAllocate(Shard& shard, Stack stack, ledger::AllocationFunction function,
                                 BlockTable::Slot* slot, uint64_t address, uint64_t size,
                                 uint64_t usable = 0);
  // A request of `size` bytes was refused.
  void OnFailure(Shard& shard, uint32_t stack, ledger::AllocationFunction function, uint64_t size);
  // A block that is memshim's own (the dynamic linker's, on our behalf): known, never counted.
  void OnOwnAllocate(uint64_t address);

  // The block at `address` is about to be freed.
  MEMSHIM_INLINE void OnFree(Shard& shard, uint64_t address);
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

  // What is set to 0 when somebody outside has asked for the end of the recording; null: nothing.
  void SetGate(std::atomic<uint32_t>* gate) { gate_ = gate; }

  uint64_t Now() const { return clock_.Now(); }
  const base::Clock& clock() const { return clock_; }
  Timeline& timeline() { return timeline_; }

  static bool IsOwn(const LiftedBlock& lifted) { return IsOwn(lifted.block); }

 private:
  static constexpr PointId kNoPoint = base::IdIndex::kNone;

  static bool IsOwn(const Block& block) { return block.cell == nullptr; }

  ledger::Point* PointAt(PointId id) {
    return ledger_->Entry<ledger::Point>(ledger::Table::kPoints, id);
  }
  // The cell of a stack and a function; when the ledger is full, that of the function's point of
  // the full stack.
  MEMSHIM_INLINE ledger::Cell* CellOf(Shard& shard, Stack stack,
                                      ledger::AllocationFunction function) {
    const uint64_t note = stack.note == nullptr ? 0 : *stack.note;
    ledger::Cell* cell = Shard::NotedCell(note, static_cast<uint32_t>(function));
    return cell != nullptr ? cell : FindCell(shard, stack, function);
  }
  MEMSHIM_NOINLINE ledger::Cell* FindCell(Shard& shard, Stack stack,
                                          ledger::AllocationFunction function);
  // The point of a stack and a function, with kFailedRequests or not; kNoPoint, and a loss, when
  // there is no room (`if_full`) or no lock.
  PointId Intern(uint32_t stack, uint32_t function, ledger::Loss if_full);
  void PutBack(const Block& block, uint64_t address);
  // Takes a block out of the table. False: unknown, counted. `slot`: Expect(address).
  bool TakeOut(BlockTable::Slot* slot, uint64_t address, Block* block);
  MEMSHIM_NOINLINE void CountUnknown(BlockOutcome outcome);
  void Insert(Shard& shard, BlockTable::Slot* slot, uint64_t address, const Block& block,
              uint64_t now);
  // (The block is a copy: one whose address is known would not stay in registers.)
  MEMSHIM_NOINLINE void InsertSlowly(Shard& shard, uint64_t address, Block block, uint64_t now);
  // A block has died. Returns its cell; null: there is none, counted.
  ledger::Cell* RecordDeath(Shard& shard, const Block& block, uint64_t now);
  // Runs `record` on the shard: under its lock where threads share it.
  template <typename Record>
  void With(Shard& shard, Record record);
  // An event of the shard begins, now or at a time that has just been read. Returns that time.
  uint64_t Begin(Shard& shard) { return Begin(shard, Now()); }
  uint64_t Begin(Shard& shard, uint64_t now);
  MEMSHIM_NOINLINE void Look(Shard& shard, uint64_t now);
  void GiveMemoryBack();
  void Allocate(Shard& shard, Stack stack, ledger::AllocationFunction function,
                BlockTable::Slot* slot, uint64_t address, uint64_t size, uint64_t usable);
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
  int64_t most_live_bytes_;  // seen since memory was begun to be given back
  uint64_t next_leaf_;       // to give back; 0: all has been looked through
  std::atomic<uint32_t>* gate_;
};

// A zero-size block is a block: it counts one byte, as in valgrind's DHAT.
inline uint64_t CountedSize(uint64_t size) { return size == 0 ? 1 : size; }

inline void NoteMaximum(ledger::Cell* cell) {
  if (cell->live_bytes() >= cell->max_bytes) {
    cell->max_bytes = cell->live_bytes();
    cell->max_blocks = cell->live_blocks();
  }
}

// Counts the threads of a cell. They come one after the other, but in the shared shard: there the
// first alone counts.
inline void NoteThread(const Shard& shard, ledger::Cell* cell, uint32_t thread) {
  if (cell->last_thread == thread) [[likely]]
    return;
  if (cell->threads == UINT16_MAX || (shard.is_shared() && cell->threads != 0)) return;
  cell->last_thread = thread;
  cell->threads += 1;
}

template <typename Record>
MEMSHIM_INLINE void Recorder::With(Shard& shard, Record record) {
  if (!shard.is_shared()) [[likely]]
    return record();
  base::LockScope scope(shard.lock());
  if (scope.ok()) {
    record();
  } else {
    ledger_->CountLoss(ledger::Loss::kLockTimeout);
  }
}

MEMSHIM_INLINE uint64_t Recorder::Begin(Shard& shard, uint64_t now) {
  if (shard.IsLookDue(now)) [[unlikely]]
    Look(shard, now);
  shard.head().last_ticks = now;
  return now;
}

MEMSHIM_INLINE void Recorder::Insert(Shard& shard, BlockTable::Slot* slot, uint64_t address,
                                     const Block& block, uint64_t now) {
  if (!blocks_.InsertQuickly(slot, address, block)) [[unlikely]]
    InsertSlowly(shard, address, block, now);
}

MEMSHIM_INLINE void Recorder::Allocate(Shard& shard, Stack stack,
                                       ledger::AllocationFunction function, BlockTable::Slot* slot,
                                       uint64_t address, uint64_t size, uint64_t usable) {
  ledger::Cell* cell = CellOf(shard, stack, function);
  const uint64_t counted = CountedSize(size);
  const uint64_t now = Begin(shard);
  const uint32_t thread = t_thread;
  Insert(shard, slot, address, {cell, counted, now, thread}, now);
  Peak peak(ledger_->header(), shard.head());
  Details details(shard);
  peak.Touch(cell);
  details.Advance(cell);
  details.OnRequest(cell, counted, usable);
  NoteThread(shard, cell, thread);
  cell->total_bytes += counted;
  cell->total_blocks += 1;
  cell->lifetime_ticks -= static_cast<int64_t>(now);
  NoteMaximum(cell);
  shard.AddLiveBlocks(1);
  shard.SetLastAllocation(address);
  peak.OnGrow(counted, now);
}

MEMSHIM_INLINE void Recorder::OnAllocate(Shard& shard, Stack stack,
                                         ledger::AllocationFunction function,
                                         BlockTable::Slot* slot, uint64_t address, uint64_t size,
                                         uint64_t usable) {
  With(shard,
       [&]() MEMSHIM_INLINED { Allocate(shard, stack, function, slot, address, size, usable); });
}

MEMSHIM_INLINE ledger::Cell* Recorder::RecordDeath(Shard& shard, const Block& block, uint64_t now) {
  ledger::Cell* cell = shard.OwnCellOf(block.cell, block.thread);
  if (cell == nullptr) [[unlikely]] {
    ledger_->CountLoss(ledger::Loss::kOutOfSpace);
    return nullptr;
  }
  Peak peak(ledger_->header(), shard.head());
  Details details(shard);
  // Not below the birth: the counters of two cores may differ by a tick.
  const uint64_t death = now > block.birth_ticks ? now : block.birth_ticks;
  peak.OnShrink(block.size);
  peak.Touch(cell);
  details.Advance(cell);
  details.OnDeath(cell, death - block.birth_ticks);
  cell->freed_bytes += block.size;
  cell->freed_blocks += 1;
  cell->lifetime_ticks += static_cast<int64_t>(death);
  if (block.thread != t_thread) cell->remote_blocks += 1;
  shard.AddLiveBlocks(-1);
  return cell;
}

MEMSHIM_INLINE bool Recorder::TakeOut(BlockTable::Slot* slot, uint64_t address, Block* block) {
  const BlockOutcome outcome = blocks_.Remove(slot, address, block);
  if (outcome == BlockOutcome::kDone) [[likely]]
    return true;
  CountUnknown(outcome);
  return false;
}

MEMSHIM_INLINE void Recorder::OnFree(Shard& shard, uint64_t address) {
  // Reading the cycle counter waits for all loads before it, and holds up those behind it. So what
  // may have to come from memory is on its way meanwhile: the slot, and the allocator's own notes
  // (glibc's; where another one keeps its, that is for nothing).
  BlockTable::Slot* const slot = blocks_.Expect(address);
  __builtin_prefetch(reinterpret_cast<const void*>(address - sizeof(size_t)));
  const uint64_t now = Now();
  Block block;
  if (!TakeOut(slot, address, &block) || IsOwn(block)) [[unlikely]]
    return;
  With(shard, [&]() MEMSHIM_INLINED {
    // Behind a lock that was waited for, the shard's time would go back.
    const uint64_t death = Begin(shard, shard.is_shared() ? Now() : now);
    ledger::Cell* cell = RecordDeath(shard, block, death);
    if (!shard.IsLastAllocation(address)) return;
    shard.SetLastAllocation(0);
    if (cell == nullptr) return;
    cell->temporary_bytes += block.size;
    cell->temporary_blocks += 1;
  });
}

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_RECORDER_H_
