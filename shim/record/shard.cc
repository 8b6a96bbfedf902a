// See shard.h.
#include "shim/record/shard.h"

namespace memshim::record {

using ledger::Cell;
using ledger::Table;

bool Shard::Start(ledger::Ledger* ledger, base::Arena* arena, base::Lock* cells_lock,
                  uint32_t index) {
  ledger_ = ledger;
  arena_ = arena;
  cells_lock_ = cells_lock;
  index_ = index;
  head_ = ledger->shard_heads() + index;
  // The points of the full ledger get their cells now, while there is room.
  for (PointId point = 0; point < static_cast<uint32_t>(ledger::AllocationFunction::kCount);
       ++point) {
    if (CellFor(point) == nullptr) return false;
  }
  return true;
}

bool Shard::TakeRun() {
  base::LockScope scope(*cells_lock_);
  if (!scope.ok() || !ledger_->Reserve(Table::kCells, kRun)) return false;
  next_cell_ = ledger_->Count(Table::kCells);
  end_cell_ = next_cell_ + kRun;
  ledger_->Publish(Table::kCells, end_cell_);  // unused cells are marked by point_plus_one == 0
  return true;
}

Cell* Shard::NewCell(PointId point) {
  if (next_cell_ == end_cell_ && !TakeRun()) return nullptr;
  Cell* cell = ledger_->Entry<Cell>(Table::kCells, next_cell_++);
  cell->epoch = ledger_->header().epoch.load(std::memory_order_relaxed);
  // release: a reader that sees the cell in use sees its epoch.
  __atomic_store_n(&cell->point_plus_one, point + 1, __ATOMIC_RELEASE);
  return cell;
}

Cell* Shard::CellFor(PointId point) {
  const uint32_t chunk = point / kChunkPoints;
  if (chunk >= kChunks) return nullptr;
  if (chunks_[chunk] == nullptr) [[unlikely]] {
    chunks_[chunk] = static_cast<Cell**>(arena_->Allocate(kChunkPoints * sizeof(Cell*)));
    if (chunks_[chunk] == nullptr) return nullptr;
  }
  Cell*& cell = chunks_[chunk][point % kChunkPoints];
  if (cell == nullptr) [[unlikely]]
    cell = NewCell(point);
  return cell;
}

}  // namespace memshim::record
