// See shard.h.
#include "shim/record/shard.h"

#include <algorithm>
#include <utility>

#include "shim/base/id_index.h"
#include "shim/record/peak.h"

namespace memshim::record {

using ledger::Cell;
using ledger::Table;

bool Shard::Start(ledger::Ledger* ledger, base::Arena* arena, base::Lock* cells_lock,
                  uint32_t index) {
  ledger_ = ledger;
  arena_ = arena;
  cells_lock_ = cells_lock;
  index_ = index;
  thread_ = kNoThread;
  head_ = ledger->shard_heads() + index;
  // The points of the full ledger get their cells now, while there is room.
  for (PointId point = 0; point < static_cast<uint32_t>(ledger::AllocationFunction::kCount);
       ++point) {
    if (CellFor(point) == nullptr) return false;
  }
  return true;
}

uint32_t Shard::NewEntry(Table table, Run* run) {
  if (run->is_full) return kNoEntry;
  if (run->next == run->end) {
    base::LockScope scope(*cells_lock_);
    if (!scope.ok()) return kNoEntry;
    const uint32_t entries = run->end == 0 ? kFirstRunEntries : kRunEntries;
    run->is_full = !ledger_->Reserve(table, entries);
    if (run->is_full) return kNoEntry;
    run->next = ledger_->Count(table);
    run->end = run->next + entries;
    ledger_->Publish(table, run->end);  // entries not in use yet are zero
  }
  return run->next++;
}

uint32_t Shard::NewDetail(Table table, Run* run) {
  const uint32_t id = NewEntry(table, run);
  if (id == kNoEntry) ledger_->CountLoss(ledger::Loss::kDetailsMissing);
  return id + 1;
}

Cell* Shard::NewCell(PointId point) {
  const uint32_t id = NewEntry(Table::kCells, &cells_);
  if (id == kNoEntry) return nullptr;
  Cell* cell = ledger_->Entry<Cell>(Table::kCells, id);
  Peak(ledger_->header(), *head_).Touch(cell);
  // release: a reader that sees the cell in use sees its epoch.
  __atomic_store_n(&cell->point_plus_one, point + 1, __ATOMIC_RELEASE);
  return cell;
}

void Shard::EnterEra(uint64_t now, uint64_t next_look) {
  const ledger::Era era = {ledger::MomentAt(now), ledger::WindowAt(now)};
  if (era.moment > era_.moment) era_.moment = era.moment;
  if (era.window > era_.window) era_.window = era.window;
  next_look_ = std::min({next_look, ledger::MomentStart(era_.moment) + ledger::MomentStart(1),
                         ledger::WindowStart(era_.window + 1)});
}

namespace {

// The entry of `index` in a table of chunks of `kPerChunk` entries, made when needed; null: no
// room.
template <uint32_t kPerChunk, typename Entry, size_t kChunks>
Entry* MakeEntry(uint32_t index, Entry* (&chunks)[kChunks], base::Arena* arena) {
  if (index / kPerChunk >= kChunks) return nullptr;
  Entry*& chunk = chunks[index / kPerChunk];
  if (chunk == nullptr) [[unlikely]] {
    // NOLINTNEXTLINE(bugprone-sizeof-expression): entries may be pointers
    chunk = static_cast<Entry*>(arena->Allocate(kPerChunk * sizeof(Entry)));
    if (chunk == nullptr) return nullptr;
  }
  return chunk + index % kPerChunk;
}

}  // namespace

Cell* Shard::MakeCellFor(PointId point) {
  Cell** cell = MakeEntry<kChunkPoints>(point, chunks_, arena_);
  if (cell == nullptr) return nullptr;
  if (*cell == nullptr) *cell = NewCell(point);
  return *cell;
}

Cell* Shard::TwinOf(Cell* cell) {
  auto& [first, second] =
      twins_[base::MixHash(reinterpret_cast<uint64_t>(cell)) >> (64 - kTwinsBits)].pair;
  if (first.other == cell) return first.own;
  if (second.other != cell) {
    // relaxed: whoever allocated the block had made the cell before.
    Cell* own = CellFor(__atomic_load_n(&cell->point_plus_one, __ATOMIC_RELAXED) - 1);
    if (own == nullptr) return nullptr;
    second = {cell, own};
  }
  std::swap(first, second);
  return first.own;
}

void Shard::Remember(uint32_t stack, uint32_t function, Cell* cell) {
  uint64_t* memory = MakeEntry<kChunkStacks>(stack, memories_, arena_);
  if (memory == nullptr) return;
  *memory = NoteOf(cell, function);
  memories_end_ = std::max(memories_end_, stack + 1);
}

}  // namespace memshim::record
