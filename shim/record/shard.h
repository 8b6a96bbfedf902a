// A thread's share of the counters: one cell for each program point it has touched.
//
// A shard belongs to one thread at a time and is handed on, never folded, when the thread ends;
// its cells are written with plain stores. The last shard is shared by all threads beyond
// ledger::kMaxShards, under its lock.
// Context: hook. Locks: the shared shard's, above the points'. Allocates: arena. Signals: guarded.
#ifndef MEMSHIM_SHIM_RECORD_SHARD_H_
#define MEMSHIM_SHIM_RECORD_SHARD_H_

#include "shim/base/memory.h"
#include "shim/ledger/ledger.h"

namespace memshim::record {

using PointId = uint32_t;

class Shard {
 public:
  // Requires: zero-filled *this. False: no room in the ledger for its first cells.
  bool Start(ledger::Ledger* ledger, base::Arena* arena, base::Lock* cells_lock, uint32_t index);

  // The shard's cell of a point, made on first touch; null when there is no room for it.
  ledger::Cell* CellFor(PointId point);

  // The thread's last allocation, for telling temporary blocks. Nothing is last for the shard that
  // threads share, after a resize, and for a thread that has taken the shard over.
  void SetLastAllocation(uint64_t address) {
    last_allocation_ = index_ == ledger::kMaxShards ? 0 : address;
  }
  bool IsLastAllocation(uint64_t address) const { return last_allocation_ == address; }

  ledger::ShardHead& head() { return *head_; }
  uint32_t index() const { return index_; }
  base::Lock& lock() { return lock_; }

 private:
  // Cells are taken in runs so that those of different threads share few cache lines.
  static constexpr uint32_t kRun = 64;
  static constexpr uint32_t kChunkPoints = 4096;
  static constexpr uint32_t kChunks = 4096;

  ledger::Cell* NewCell(PointId point);
  bool TakeRun();

  ledger::Ledger* ledger_;
  base::Arena* arena_;
  base::Lock* cells_lock_;
  ledger::ShardHead* head_;
  base::Lock lock_;
  uint32_t index_;
  uint32_t next_cell_, end_cell_;
  uint64_t last_allocation_;
  ledger::Cell** chunks_[kChunks];
};

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_SHARD_H_
