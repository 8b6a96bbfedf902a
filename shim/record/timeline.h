// Samples of live bytes and blocks over time, taken by whichever event is the first one due.
//
// A sample is taken before its event changes anything, and the event is the first one since it was
// due: whatever pause lies between, the sample tells what was live all through it.
// When the space is full the interval is doubled, as often as need be, and samples that were taken
// less than one after the sample before them are dropped: those that end pauses stay.
// Context: hook, exit. Locks: a try-lock of its own. Allocates: no. Signals: guarded.
#ifndef MEMSHIM_SHIM_RECORD_TIMELINE_H_
#define MEMSHIM_SHIM_RECORD_TIMELINE_H_

#include "shim/base/lock.h"
#include "shim/ledger/ledger.h"

namespace memshim::record {

class Timeline {
 public:
  // When the next sample is due.
  uint64_t next_ticks() const {
    return __atomic_load_n(&next_ticks_, __ATOMIC_RELAXED);  // a late look costs nothing
  }
  // Adds a sample unless another thread is just doing so.
  void Sample(ledger::Ledger& ledger, uint64_t ticks);

 private:
  // Leaves a quarter of the space free at least.
  static void ThinOut(ledger::Ledger& ledger);

  base::Lock lock_;
  uint64_t next_ticks_;
};

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_TIMELINE_H_
