// See recorder.h. The meaning of each event: docs/semantics.md.
#include "shim/record/recorder.h"

#include <algorithm>

#include "shim/base/restricted.h"

namespace memshim::record {

using base::LockScope;
using base::MixHash;
using ledger::AllocationFunction;
using ledger::Cell;
using ledger::Loss;
using ledger::Table;

namespace {

uint64_t HashOfPoint(uint32_t stack, uint32_t function) {
  return MixHash(uint64_t{function} << 32 | stack);
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
  // Nothing between: of a run that is killed early the ticks are told by it.
  ledger->header().start_monotonic_ns = base::ClockNanoseconds(CLOCK_MONOTONIC);
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

void Recorder::InsertSlowly(Shard& shard, uint64_t address, Block block, uint64_t now) {
  Block old;
  switch (blocks_.Insert(address, block, &old)) {
    case BlockTable::Outcome::kReplaced:
      // The allocator gave the address again, so the old block was freed where we did not see it.
      if (!IsOwn(old)) {
        ledger_->CountLoss(Loss::kUnseenFree);
        RecordDeath(shard, old, now);
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

Cell* Recorder::FindCell(Shard& shard, Stack stack, AllocationFunction function) {
  const uint32_t f = static_cast<uint32_t>(function);
  Cell* cell = shard.Remembered(stack.id, f);
  if (cell != nullptr) {
    if (stack.note != nullptr) *stack.note = Shard::NoteOf(cell, f);
    return cell;
  }
  PointId point = PointFor(stack.id, function);
  cell = shard.CellFor(point);
  if (cell == nullptr) {
    ledger_->CountLoss(Loss::kOutOfSpace);
    return shard.CellFor(f);  // of the full stack: it exists
  }
  // A full ledger is looked at anew each time, so that each loss is counted.
  if (PointAt(point)->stack == stack.id) shard.Remember(stack.id, f, cell);
  return cell;
}

void Recorder::EndShard(Shard& shard) {
  With(shard, [&] { Peak(ledger_->header(), shard.head()).Settle(clock_.Now()); });
}

void Recorder::Look(Shard& shard, uint64_t now) {
  if (now >= timeline_.next_ticks()) timeline_.Sample(*ledger_, now);
  shard.EnterEra(now, timeline_.next_ticks());
  // relaxed: a late look costs nothing, and the event that finds the gate shut looks again.
  if (ledger_->header().is_stop_wanted.load(std::memory_order_relaxed) != 0 && gate_ != nullptr) {
    gate_->store(0, std::memory_order_relaxed);
  }
  GiveMemoryBack();
}

// When three quarters of a large heap are gone, its part of the block table is looked through for
// pages without blocks, a few milliseconds' worth of heap at a time. With several threads another
// one may just be putting a block there: nothing is given back. (A handler's events meanwhile are
// lost, as in every event: some hundred microseconds.)
void Recorder::GiveMemoryBack() {
  constexpr int64_t kLargeHeap = 16 << 20;
  constexpr int kLeavesAtATime = 2;
  if (!base::IsSingleThreaded() || base::IsRestricted()) return;
  const int64_t live = ledger::Unpack(ledger_->header().peak).live_bytes;
  most_live_bytes_ = std::max(most_live_bytes_, live);
  if (next_leaf_ == 0) {
    if (most_live_bytes_ < kLargeHeap || live > most_live_bytes_ / 4) return;
    most_live_bytes_ = live;  // blocks that go from now on may lie where it has looked already
  }
  blocks_.GiveBack(&next_leaf_, kLeavesAtATime);
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

bool Recorder::Lift(uint64_t address, LiftedBlock* lifted) {
  lifted->address = address;
  return TakeOut(Expect(address), address, &lifted->block);
}

void Recorder::CountUnknown(BlockOutcome outcome) {
  ledger_->CountLoss(outcome == BlockOutcome::kLockTimeout ? Loss::kLockTimeout
                     : is_forked_                          ? Loss::kInheritedFree
                                                           : Loss::kUnknownFree);
}

void Recorder::CommitResize(Shard& shard, const LiftedBlock& lifted, uint64_t address,
                            uint64_t size, uint64_t usable) {
  With(shard, [&]() MEMSHIM_INLINED { Resize(shard, lifted, address, size, usable); });
}

MEMSHIM_INLINE void Recorder::Resize(Shard& shard, const LiftedBlock& lifted, uint64_t address,
                                     uint64_t size, uint64_t usable) {
  Block block = lifted.block;
  Cell* cell = shard.OwnCellOf(block.cell, block.thread);
  if (cell == nullptr) {
    ledger_->CountLoss(Loss::kOutOfSpace);
    PutBack(block, address);
    return;
  }
  const uint64_t old_size = block.size;
  const uint64_t counted = CountedSize(size);
  const uint64_t now = Begin(shard);
  Peak peak(ledger_->header(), shard.head());
  Details details(shard);
  block.size = counted;
  shard.SetLastAllocation(0);
  Insert(shard, blocks_.Expect(address), address, block, now);
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
  With(shard, [&]() MEMSHIM_INLINED { RecordDeath(shard, lifted.block, Begin(shard)); });
}

void Recorder::PutBack(const Block& block, uint64_t address) {
  Block old;
  if (blocks_.Insert(address, block, &old) != BlockTable::Outcome::kDone) {
    ledger_->CountLoss(Loss::kOutOfMemory);
  }
}

void Recorder::OnOwnAllocate(uint64_t address) {
  Block old;
  blocks_.Insert(address, {nullptr, 0, 0, 0}, &old);
}

void Recorder::OnOwnFree(Shard& shard, uint64_t address) {
  Block block;
  if (blocks_.Remove(address, &block) == BlockTable::Outcome::kDone && !IsOwn(block)) {
    With(shard, [&]() MEMSHIM_INLINED { RecordDeath(shard, block, Begin(shard)); });
  }
}

}  // namespace memshim::record
