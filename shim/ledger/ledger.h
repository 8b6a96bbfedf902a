// The writer's side of the ledger: one shared mapping that grows without a descriptor.
//
// It begins as anonymous shared memory and moves into a file once the process has shown that it
// is worth one (hooks/lifecycle). On Linux growth duplicates the last mapped page's view of the
// same object with mremap(last, 0, n), so nothing but memory calls is needed after the start, and
// every page is made present by MADV_POPULATE_WRITE before anyone writes to it: on a full disk that
// is an error here instead of a SIGBUS in the program. (Where it can be opened again for a moment,
// zeros are written there first, which is faster.) On macOS it has a fixed size.
//
// The object itself lives in fork-wiped memory; what a forked child must put out of reach is
// listed outside it (DetachInherited).
// Context: hook, start, exit, fork-child. Locks: its own, below all others. Allocates: mmap.
// Signals: guarded.
#ifndef MEMSHIM_SHIM_LEDGER_LEDGER_H_
#define MEMSHIM_SHIM_LEDGER_LEDGER_H_

#include "shim/base/lock.h"
#include "shim/base/memory.h"
#include "shim/base/text.h"
#include "shim/ledger/format.h"

namespace memshim::ledger {

class Ledger {
 public:
  // Maps an empty anonymous ledger. Requires: zero-filled *this. False: no memory.
  bool Create();

  // Moves all contents into the file and maps it at the same addresses. `capacity` is the file's
  // size, `path` where it lies, from the root. Requires: nobody writes to the ledger meanwhile.
  // False: the ledger stays anonymous.
  bool MoveToFile(int fd, const char* path, uint64_t capacity);

  // The move failed half-way: the ledger is of no use any more.
  bool is_torn() const { return is_torn_; }
  Header& header() { return *reinterpret_cast<Header*>(units_[0]); }
  ShardHead* shard_heads() { return reinterpret_cast<ShardHead*>(units_[0] + kShardHeadsOffset); }
  TimelineSample* timeline() {
    return reinterpret_cast<TimelineSample*>(units_[0] + kTimelineOffset);
  }

  // Room for the next `n` entries of a table, or false when the ledger is full. Nothing is
  // published. Requires: appends to one table are serialized by the caller.
  bool Reserve(Table table, uint32_t n);

  // The entry of a reserved index.
  template <typename T>
  T* Entry(Table table, uint32_t index) {
    const uint32_t per_unit = EntriesPerUnit(table);
    uint8_t* unit = units_[table_units_[static_cast<uint32_t>(table)][index / per_unit]];
    return reinterpret_cast<T*>(unit) + index % per_unit;
  }
  uint32_t Count(Table table) {
    // acquire: pairs with Publish, where another thread has written the entries.
    return Head(table).count.load(std::memory_order_acquire);
  }
  // Makes the first `count` entries visible to readers.
  void Publish(Table table, uint32_t count) {
    // release: pairs with the acquire loads of readers (intern tables, analyzer).
    Head(table).count.store(count, std::memory_order_release);
  }
  // Appends bytes to the strings and returns their offset; they never straddle two units.
  // kNoString when there is no room. Requires: serialized by the caller.
  uint32_t AppendString(const char* bytes, uint32_t size);
  static constexpr uint32_t kNoString = 0xffffffffu;

  void CountLoss(Loss loss, uint64_t n = 1) {
    // relaxed: a statistic, ordered with nothing.
    header().losses[static_cast<uint32_t>(loss)].fetch_add(n, std::memory_order_relaxed);
  }

  // Bytes of the file that hold something; the rest may be cut off.
  uint64_t used_bytes() {
    return uint64_t{header().used_units.load(std::memory_order_relaxed)} * kUnitBytes;
  }
  // The address of a unit in use, for handing the ledger on through a pipe.
  const uint8_t* unit(uint32_t index) const { return units_[index]; }

  // The process has ended: cuts what was reserved and is not used off the file at `path`. Events
  // that are still under way find no more room in the ledger.
  void GiveBackRest(const char* path);

  // In a forked child: lays private memory over every mapping of the parent's ledger, so that no
  // late write of an interrupted hook can reach it.
  static void DetachInherited();

 private:
  TableHead& Head(Table table) { return header().tables[static_cast<uint32_t>(table)]; }
  bool MapFirstUnits(uint32_t n);
  bool AddUnit(Table table);
  bool WriteTo(int fd);  // what it holds
  // The platform's, with MoveToFile and DetachInherited: ledger_memory_linux.cc and _darwin.cc.
  bool MapHead();
  bool MapMoreUnits();
  // So that no store to it can fail. False: there is no room.
  bool Populate(void* at, size_t bytes);
  // Before that, where the file can be had for a moment: writes zeros from `offset` on. Its pages
  // are made present in a fifth of the time then (decisions/0054); nothing else rests on it.
  void WriteAhead(uint64_t offset, size_t bytes);

  base::Lock lock_;  // guards growth
  uint8_t* units_[kMaxUnits];
  uint16_t table_units_[kTables][kMaxUnits];
  uint32_t unit_count_[kTables];
  uint32_t populated_bytes_[kTables];  // of the table's last unit
  uint32_t written_bytes_[kTables];    // the same; beyond it WriteAhead has not been
  uint32_t mapped_units_;
  uint32_t capacity_units_;
  bool is_torn_;
  bool can_populate_;
  // The file, for whoever may write to it besides the mapping, and whose it is.
  base::Path path_;
  uint64_t device_, inode_;
  int pid_;
};

}  // namespace memshim::ledger

#endif  // MEMSHIM_SHIM_LEDGER_LEDGER_H_
