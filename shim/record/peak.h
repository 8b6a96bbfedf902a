// Live bytes of the whole process, their maximum, and what every cell held at that moment.
//
// Nobody walks the cells when a maximum is reached. An epoch begins with the first decrease after
// a new maximum; a cell notes its figures when it is first touched in an epoch. So at the end the
// figures at t-gmax are: those noted in the last epoch; those of the cell itself when it was not
// touched since; and the current ones while the maximum still stands.
//
//   live bytes      /\      /\ <- maximum (the last of equal ones)
//                  /  \    /  \___
//                 /    \__/
//   epoch        0     1       2          (the dip between did not follow a new maximum... unless
//                                          the first hill was one: then it began epoch 1)
//
// One thread: exact. Several: a cell that another thread changes within the same few instructions
// as the maximum may be noted on the wrong side of it; docs/semantics.md states the bound.
// Context: hook. Locks: none. Allocates: no. Signals: guarded.
#ifndef MEMSHIM_SHIM_RECORD_PEAK_H_
#define MEMSHIM_SHIM_RECORD_PEAK_H_

#include "shim/ledger/format.h"

namespace memshim::record {

class Peak {
 public:
  explicit Peak(ledger::Header& header) : header_(header) {}

  // Live bytes have grown by `bytes` (0: a resize to the same size) at `ticks`, after the change
  // of the cell.
  void OnGrow(uint64_t bytes, uint64_t ticks) {
    // seq_cst on the few shared words: their order is what makes an epoch; one locked
    // instruction each on x86-64 either way.
    const int64_t live =
        header_.live_bytes.fetch_add(static_cast<int64_t>(bytes)) + static_cast<int64_t>(bytes);
    int64_t peak = header_.peak_bytes.load();
    while (live >= peak) {
      if (header_.peak_bytes.compare_exchange_weak(peak, live)) {
        header_.peak_ticks.store(ticks, std::memory_order_relaxed);
        if (header_.is_at_peak.load(std::memory_order_relaxed) == 0) header_.is_at_peak.store(1);
        break;
      }
    }
  }

  // Live bytes are about to shrink; called before the cell is touched.
  void BeforeShrink() {
    if (header_.is_at_peak.load(std::memory_order_relaxed) != 0 &&
        header_.is_at_peak.exchange(0) != 0) {
      header_.epoch.fetch_add(1);
    }
  }
  void OnShrink(uint64_t bytes) { header_.live_bytes.fetch_sub(static_cast<int64_t>(bytes)); }

  // Notes the figures of a cell that is about to change.
  void Touch(ledger::Cell* cell) {
    const uint32_t epoch = header_.epoch.load(std::memory_order_acquire);
    if (cell->epoch == epoch) return;
    cell->epoch_bytes = cell->live_bytes;
    cell->epoch_blocks = cell->live_blocks;
    cell->epoch = epoch;
  }

 private:
  ledger::Header& header_;
};

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_PEAK_H_
