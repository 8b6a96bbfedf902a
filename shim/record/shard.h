// A thread's share of the counters: one cell for each program point it has touched.
//
// A shard belongs to one thread at a time and is handed on, never folded, when the thread ends;
// its cells are written with plain stores. The last shard is shared, under its lock, by all threads
// beyond ledger::kMaxShards and those that find the ledger full.
// Context: hook. Locks: the shared shard's, above the points'. Allocates: arena. Signals: guarded.
#ifndef MEMSHIM_SHIM_RECORD_SHARD_H_
#define MEMSHIM_SHIM_RECORD_SHARD_H_

#include "shim/base/attributes.h"
#include "shim/base/memory.h"
#include "shim/ledger/ledger.h"
#include "thread_number.h"

namespace memshim::record {

using PointId = uint32_t;

class Shard {
 public:
  // Requires: zero-filled *this. False: no room in the ledger for its first cells.
  bool Start(ledger::Ledger* ledger, base::Arena* arena, base::Lock* cells_lock, uint32_t index);

  // The shard's cell of a point, made on first touch; null when there is no room for it.
  MEMSHIM_INLINE ledger::Cell* CellFor(PointId point) {
    ledger::Cell** cells = point / kChunkPoints < kChunks ? chunks_[point / kChunkPoints] : nullptr;
    ledger::Cell* cell = cells == nullptr ? nullptr : cells[point % kChunkPoints];
    return cell != nullptr ? cell : MakeCellFor(point);
  }

  // From now on a thread records here, by its number. `is_back`: it has given a shard back already
  // and comes for a late event: blocks of its number are counted in that one's cells, which may be
  // another thread's by now.
  void TakeFor(uint32_t thread, bool is_back) {
    if (!is_shared()) thread_ = is_back ? kNoThread : thread;
  }
  // The shard's own cell of the point of a block that `thread` has allocated and counted in `cell`;
  // null where there is no room for it. (It is `cell` if that thread is the one that records here.)
  MEMSHIM_INLINE ledger::Cell* OwnCellOf(ledger::Cell* cell, uint32_t thread) {
    return thread == thread_ ? cell : TwinOf(cell);
  }

  // The cell of the point of a stack and a function, where the stack was remembered with that
  // function last; else null.
  MEMSHIM_INLINE ledger::Cell* Remembered(uint32_t stack, uint32_t function) const {
    // (Beyond, nothing is read: a page that is read first and written to then costs two faults.)
    if (stack >= memories_end_) return nullptr;
    const uint64_t* memories = memories_[stack / kChunkStacks];
    if (memories == nullptr) [[unlikely]]
      return nullptr;
    return NotedCell(memories[stack % kChunkStacks], function);
  }
  // A cell and a function in one word, and the cell of such a word where it is of the function;
  // else null. (0 is of none.)
  static uint64_t NoteOf(const ledger::Cell* cell, uint32_t function) {
    return reinterpret_cast<uint64_t>(cell) + function + 1;
  }
  static ledger::Cell* NotedCell(uint64_t note, uint32_t function) {
    const uint64_t cell = note - function - 1;
    return cell % alignof(ledger::Cell) == 0 ? reinterpret_cast<ledger::Cell*>(cell) : nullptr;
  }
  void Remember(uint32_t stack, uint32_t function, ledger::Cell* cell);

  // The era of the time that EnterEra was told last.
  const ledger::Era& era() const { return era_; }
  // Whether another era may have begun, or the timeline wants a sample.
  bool IsLookDue(uint64_t now) const { return now >= next_look_; }
  // Never goes back, though the counters of two cores may differ by a tick. `next_look`: when to
  // look again at the latest.
  void EnterEra(uint64_t now, uint64_t next_look);

  // The thread's last allocation, for telling temporary blocks. Nothing is last for the shard that
  // threads share, after a resize, and for a thread that has taken the shard over.
  void SetLastAllocation(uint64_t address) { last_allocation_ = address; }
  void ForgetLastAllocation() {
    if (!is_shared()) last_allocation_ = 0;  // else another thread may just hold its lock
  }
  bool IsLastAllocation(uint64_t address) const {
    return last_allocation_ == address && !is_shared();
  }

  // Live blocks of the shard are read by whichever thread samples the timeline.
  void AddLiveBlocks(int64_t n) {
    // relaxed: one writer; the sum over all shards is a moment's guess either way.
    __atomic_store_n(&head_->live_blocks, head_->live_blocks + n, __ATOMIC_RELAXED);
  }

  // Shared by threads that have none of their own; its cells are touched under lock().
  bool is_shared() const { return index_ == ledger::kMaxShards; }

  // Entries for a cell's details, their ids plus one; 0, and a loss, when there is no room.
  uint32_t NewHistogram() { return NewDetail(ledger::Table::kHistograms, &histograms_); }
  uint32_t NewHistory() { return NewDetail(ledger::Table::kHistories, &histories_); }
  ledger::Histogram* HistogramAt(uint32_t id_plus_one) {
    return ledger_->Entry<ledger::Histogram>(ledger::Table::kHistograms, id_plus_one - 1);
  }
  ledger::History* HistoryAt(uint32_t id_plus_one) {
    return ledger_->Entry<ledger::History>(ledger::Table::kHistories, id_plus_one - 1);
  }

  ledger::ShardHead& head() { return *head_; }
  uint32_t index() const { return index_; }
  base::Lock& lock() { return lock_; }

 private:
  // Entries of a table are taken in runs, so that those of different threads share few cache
  // lines. The first one is short: every process has a shard that is shared, mostly for nothing.
  struct Run {
    uint32_t next, end;
    bool is_full;  // the ledger had no room: asking again would cost system calls at each event
  };
  static constexpr uint32_t kFirstRunEntries = 32, kRunEntries = 64;
  static constexpr uint32_t kNoEntry = 0xffffffffu;
  static constexpr uint32_t kChunkPoints = 4096;
  static constexpr uint32_t kChunkStacks = 16384;
  static constexpr uint32_t kChunks = 4096;

  // A cell of another shard (or of this one) and the own one of its point. Other shards' cells are
  // not asked for theirs each time: their threads are writing to them. In pairs, the one that was
  // wanted last first.
  struct Twin {
    ledger::Cell* other;
    ledger::Cell* own;
  };
  struct Twins {
    Twin pair[2];
  };
  static constexpr int kTwinsBits = 9;
  static constexpr uint32_t kNoThread = UINT32_MAX;  // there are several, or see TakeFor

  MEMSHIM_NOINLINE ledger::Cell* MakeCellFor(PointId point);
  MEMSHIM_NOINLINE ledger::Cell* TwinOf(ledger::Cell* cell);
  ledger::Cell* NewCell(PointId point);
  uint32_t NewEntry(ledger::Table table, Run* run);
  uint32_t NewDetail(ledger::Table table, Run* run);

  ledger::Ledger* ledger_;
  base::Arena* arena_;
  base::Lock* cells_lock_;
  ledger::ShardHead* head_;
  base::Lock lock_;
  uint32_t index_;
  uint32_t thread_;
  Run cells_, histograms_, histories_;
  uint64_t last_allocation_;
  ledger::Era era_;
  uint64_t next_look_;              // in ticks
  ledger::Cell** chunks_[kChunks];  // by point
  // By stack: NoteOf; 0: none.
  uint64_t* memories_[kChunks];
  uint32_t memories_end_;
  Twins twins_[1 << kTwinsBits];
  static_assert(static_cast<uint32_t>(ledger::AllocationFunction::kCount) < alignof(ledger::Cell));
};

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_SHARD_H_
