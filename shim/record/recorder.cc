// See recorder.h. The meaning of each event: docs/semantics.md.
#include "shim/record/recorder.h"

namespace memshim::record {

using base::LockScope;
using base::MixHash;
using ledger::AllocationFunction;
using ledger::Cell;
using ledger::Loss;
using ledger::Table;

namespace {

// A zero-size block is a block: it counts one byte, as in valgrind's DHAT.
uint64_t CountedSize(uint64_t size) { return size == 0 ? 1 : size; }

uint64_t HashOfPoint(uint32_t stack, uint32_t function) {
  return MixHash(uint64_t{function} << 32 | stack);
}

void NoteMaximum(Cell* cell) {
  if (cell->live_bytes() >= cell->max_bytes) {
    cell->max_bytes = cell->live_bytes();
    cell->max_blocks = cell->live_blocks();
  }
}

// Counts the threads of a cell. They come one after the other, but in the shared shard: there the
// first alone counts.
void NoteThread(const Shard& shard, Cell* cell) {
  if (cell->last_thread == t_thread) return;
  if (cell->threads == UINT16_MAX || (shard.is_shared() && cell->threads != 0)) return;
  cell->last_thread = t_thread;
  cell->threads += 1;
}

void NoteResize(Cell* cell, bool has_moved, uint64_t kept_bytes) {
  if (has_moved) {
    cell->moved_resizes += 1;
    cell->moved_bytes += kept_bytes;
  } else {
    cell->settled_resizes += 1;
  }
}

}  // namespace

bool Recorder::Start(ledger::Ledger* ledger, uint32_t full_stack, bool is_forked,
                     bool are_blocks_spaced) {
  ledger_ = ledger;
  blocks_.Start(are_blocks_spaced);
  is_forked_ = is_forked;
  clock_.Start();
  constexpr uint32_t kFunctions = static_cast<uint32_t>(AllocationFunction::kCount);
  if (!ledger->Reserve(Table::kPoints, kFunctions)) return false;
  for (uint32_t f = 0; f < kFunctions; ++f) *PointAt(f) = {full_stack, f};
  ledger->Publish(Table::kPoints, kFunctions);
  return true;
}

PointId Recorder::Intern(uint32_t stack, uint32_t function, Loss if_full) {
  const uint64_t hash = HashOfPoint(stack, function);
  const auto matches = [&](uint32_t i) {
    return PointAt(i)->stack == stack && PointAt(i)->function == function;
  };
  PointId id = points_.Find(hash, matches);
  if (id != kNoPoint) return id;
  LockScope scope(points_lock_);
  if (!scope.ok()) {
    ledger_->CountLoss(Loss::kLockTimeout);
    return kNoPoint;
  }
  id = points_.Find(hash, matches);  // another thread may have added it
  if (id != kNoPoint) return id;
  if (!ledger_->Reserve(Table::kPoints, 1)) {
    ledger_->CountLoss(if_full);
    return kNoPoint;
  }
  id = ledger_->Count(Table::kPoints);
  *PointAt(id) = {stack, function};
  ledger_->Publish(Table::kPoints, id + 1);
  points_.Insert(hash, id, [this](uint32_t i) {
    return HashOfPoint(PointAt(i)->stack, PointAt(i)->function);
  });
  return id;
}

PointId Recorder::PointFor(uint32_t stack, AllocationFunction function) {
  const uint32_t f = static_cast<uint32_t>(function);
  if (stack == PointAt(f)->stack) return f;
  const PointId id = Intern(stack, f, Loss::kOutOfSpace);
  return id == kNoPoint ? f : id;
}

MEMSHIM_INLINE void Recorder::Insert(Shard& shard, uint64_t address, const Block& block,
                                     uint64_t now) {
  if (!blocks_.InsertQuickly(address, block)) [[unlikely]]
    InsertSlowly(shard, address, block, now);
}

void Recorder::InsertSlowly(Shard& shard, uint64_t address, const Block& block, uint64_t now) {
  Block old;
  switch (blocks_.Insert(address, block, &old)) {
    case BlockTable::Outcome::kReplaced:
      // The allocator gave the address again, so the old block was freed where we did not see it.
      if (!IsOwn(old)) {
        ledger_->CountLoss(Loss::kUnseenFree);
        RecordDeath(shard, old, now, false);
      }
      break;
    case BlockTable::Outcome::kNoMemory:
      ledger_->CountLoss(Loss::kOutOfMemory);
      break;
    case BlockTable::Outcome::kLockTimeout:
      ledger_->CountLoss(Loss::kLockTimeout);
      break;
    default:
      break;
  }
}

Cell* Recorder::CellOf(Shard& shard, uint32_t stack, AllocationFunction function) {
  const uint32_t f = static_cast<uint32_t>(function);
  PointId point = PointFor(stack, function);
  Cell* cell = shard.CellFor(point);
  if (cell == nullptr) {
    ledger_->CountLoss(Loss::kOutOfSpace);
    return shard.CellFor(f);  // of the full stack: it exists
  }
  // A full ledger is looked at anew each time, so that each loss is counted.
  if (PointAt(point)->stack == stack) shard.Remember(stack, f, cell);
  return cell;
}

void Recorder::Look(Shard& shard, uint64_t now) {
  if (now >= timeline_.next_ticks()) timeline_.Sample(*ledger_, now);
  shard.EnterEra(now, timeline_.next_ticks());
}

MEMSHIM_INLINE uint64_t Recorder::Begin(Shard& shard) {
  const uint64_t now = clock_.Now();
  if (shard.IsLookDue(now)) [[unlikely]]
    Look(shard, now);
  shard.head().last_ticks = now;
  return now;
}

template <typename Record>
MEMSHIM_INLINE void Recorder::With(Shard& shard, Record record) {
  if (!shard.is_shared()) [[likely]]
    return record();
  LockScope scope(shard.lock());
  if (scope.ok()) {
    record();
  } else {
    ledger_->CountLoss(Loss::kLockTimeout);
  }
}

MEMSHIM_INLINE void Recorder::Allocate(Shard& shard, uint32_t stack, AllocationFunction function,
                                       uint64_t address, uint64_t size, uint64_t usable) {
  Cell* cell = shard.Remembered(stack, static_cast<uint32_t>(function));
  if (cell == nullptr) [[unlikely]]
    cell = CellOf(shard, stack, function);
  const uint64_t counted = CountedSize(size);
  const uint64_t now = Begin(shard);
  Insert(shard, address, {cell->point_plus_one - 1, t_thread, counted, now}, now);
  Peak peak(ledger_->header());
  Details details(shard);
  peak.Touch(cell);
  details.Advance(cell);
  details.OnRequest(cell, counted, usable);
  NoteThread(shard, cell);
  cell->total_bytes += counted;
  cell->total_blocks += 1;
  cell->lifetime_ticks -= static_cast<int64_t>(now);
  NoteMaximum(cell);
  shard.AddLiveBlocks(1);
  shard.SetLastAllocation(address);
  peak.OnGrow(counted, now);
}

void Recorder::OnAllocate(Shard& shard, uint32_t stack, AllocationFunction function,
                          uint64_t address, uint64_t size, uint64_t usable) {
  With(shard, [&]() MEMSHIM_INLINED { Allocate(shard, stack, function, address, size, usable); });
}

void Recorder::OnFailure(Shard& shard, uint32_t stack, AllocationFunction function, uint64_t size) {
  const PointId point = Intern(stack, static_cast<uint32_t>(function) | ledger::kFailedRequests,
                               Loss::kDetailsMissing);
  if (point == kNoPoint) return;
  With(shard, [&]() MEMSHIM_INLINED { Refuse(shard, point, size); });
}

void Recorder::Refuse(Shard& shard, PointId point, uint64_t size) {
  Cell* cell = shard.CellFor(point);
  if (cell == nullptr) {
    ledger_->CountLoss(Loss::kDetailsMissing);
    return;
  }
  Details(shard).OnRequest(cell, size, 0);
  cell->total_blocks += 1;
  // A refused size may be any number: the sum stops at the largest.
  if (__builtin_add_overflow(cell->total_bytes, size, &cell->total_bytes)) {
    cell->total_bytes = UINT64_MAX;
  }
  cell->freed_bytes = cell->total_bytes;  // nothing of it lives
  cell->freed_blocks = cell->total_blocks;
}

MEMSHIM_INLINE void Recorder::RecordDeath(Shard& shard, const Block& block, uint64_t now,
                                          bool is_temporary) {
  Cell* cell = shard.CellFor(block.point);
  if (cell == nullptr) {
    ledger_->CountLoss(Loss::kOutOfSpace);
    return;
  }
  Peak peak(ledger_->header());
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
  if (is_temporary) {
    cell->temporary_bytes += block.size;
    cell->temporary_blocks += 1;
  }
}

MEMSHIM_INLINE bool Recorder::LiftOut(uint64_t address, LiftedBlock* lifted) {
  lifted->address = address;
  const BlockOutcome outcome = blocks_.Remove(address, &lifted->block);
  if (outcome == BlockOutcome::kDone) [[likely]]
    return true;
  ledger_->CountLoss(outcome == BlockOutcome::kLockTimeout ? Loss::kLockTimeout
                     : is_forked_                          ? Loss::kInheritedFree
                                                           : Loss::kUnknownFree);
  return false;
}

bool Recorder::Lift(uint64_t address, LiftedBlock* lifted) { return LiftOut(address, lifted); }

void Recorder::OnFree(Shard& shard, uint64_t address) {
  LiftedBlock lifted;
  if (!LiftOut(address, &lifted) || IsOwn(lifted)) return;
  With(shard,
       [&]() MEMSHIM_INLINED { Free(shard, lifted.block, shard.IsLastAllocation(address)); });
}

MEMSHIM_INLINE void Recorder::Free(Shard& shard, const Block& block, bool is_temporary) {
  RecordDeath(shard, block, Begin(shard), is_temporary);
  if (is_temporary) shard.SetLastAllocation(0);
}

void Recorder::CommitResize(Shard& shard, const LiftedBlock& lifted, uint64_t address,
                            uint64_t size, uint64_t usable) {
  With(shard, [&]() MEMSHIM_INLINED { Resize(shard, lifted, address, size, usable); });
}

MEMSHIM_INLINE void Recorder::Resize(Shard& shard, const LiftedBlock& lifted, uint64_t address,
                                     uint64_t size, uint64_t usable) {
  Block block = lifted.block;
  Cell* cell = shard.CellFor(block.point);
  if (cell == nullptr) {
    ledger_->CountLoss(Loss::kOutOfSpace);
    PutBack(block, address);
    return;
  }
  const uint64_t old_size = block.size;
  const uint64_t counted = CountedSize(size);
  const uint64_t now = Begin(shard);
  Peak peak(ledger_->header());
  Details details(shard);
  block.size = counted;
  shard.SetLastAllocation(0);
  Insert(shard, address, block, now);
  if (counted < old_size) peak.OnShrink(old_size - counted);
  peak.Touch(cell);
  details.Advance(cell);
  details.OnRequest(cell, counted, usable);
  NoteResize(cell, address != lifted.address, old_size < counted ? old_size : counted);
  cell->total_bytes += counted;
  cell->total_blocks += 1;
  cell->freed_bytes += old_size;
  cell->freed_blocks += 1;
  if (counted >= old_size) {
    NoteMaximum(cell);
    peak.OnGrow(counted - old_size, now);
  }
}

void Recorder::CommitFree(Shard& shard, const LiftedBlock& lifted) {
  With(shard, [&]() MEMSHIM_INLINED { Free(shard, lifted.block, false); });
}

void Recorder::PutBack(const Block& block, uint64_t address) {
  Block old;
  if (blocks_.Insert(address, block, &old) != BlockTable::Outcome::kDone) {
    ledger_->CountLoss(Loss::kOutOfMemory);
  }
}

void Recorder::OnOwnAllocate(uint64_t address) {
  Block old;
  blocks_.Insert(address, {kOwnPoint, 0, 0, 0}, &old);
}

void Recorder::OnOwnFree(Shard& shard, uint64_t address) {
  Block block;
  if (blocks_.Remove(address, &block) == BlockTable::Outcome::kDone && !IsOwn(block)) {
    With(shard, [&]() MEMSHIM_INLINED { Free(shard, block, false); });
  }
}

}  // namespace memshim::record
