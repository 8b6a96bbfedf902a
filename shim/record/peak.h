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
// One thread: exact. Several: each may stand in the middle of one event, for as long as it likes,
// and whatever the others do meanwhile, the figures are wrong by no more than those events:
//   grow    change the cell, then the state
//   shrink  change the state (an epoch begins if the maximum stood), note the cell, change it
// Live bytes, maximum and epoch change in one step. Kept apart, a thread that is suspended between
// two of them can mark a maximum long after it has passed (measured: 226,000 of 1,390,000 bytes).
// While there is one thread, plain stores do: of what a kill leaves between two, readers are told
// by live bytes above their maximum.
//
// A state that all threads write at each event would make them wait for each other. So a shard
// keeps up to an allowance of its change to itself before it settles. With n shards and an
// allowance a, the settled live bytes are within n*a of the true ones; the maximum they mark is
// then no more than 2*n*a below the true one. Small heaps have no allowance, except of shards that
// contend. Context: hook. Locks: none. Allocates: no. Signals: guarded.
#ifndef MEMSHIM_SHIM_RECORD_PEAK_H_
#define MEMSHIM_SHIM_RECORD_PEAK_H_

#include <algorithm>

#include "cpu.h"
#include "shim/base/attributes.h"
#include "shim/base/single_threaded.h"
#include "shim/ledger/format.h"

namespace memshim::record {

class Peak {
 public:
  // Half of what a shard's share in the error may be: 64 KiB, a 1,024th of the peak.
  static constexpr int64_t kLargestAllowance = 32 << 10;
  static constexpr int kAllowanceShift = 11;
  static constexpr int64_t kExactBelow = 1 << 20;
  // What a shard keeps to itself at least once shards have been seen to contend: see Note.
  static constexpr int64_t kContendedAllowance = 4 << 10;
  // So many settlements more that others disturbed than not: a millisecond of waiting for each
  // other.
  static constexpr uint64_t kContended = 4096;

  // `head`: of the shard whose cells change.
  Peak(ledger::Header& header, ledger::ShardHead& head)
      : header_(header), head_(head), is_alone_(base::IsSingleThreaded()) {}

  // Live bytes have grown by `bytes` (0: a resize to the same size) at `ticks`; after the change
  // of the cell.
  MEMSHIM_INLINE void OnGrow(uint64_t bytes, uint64_t ticks) {
    if (!is_alone_) [[unlikely]]
      return GrowTogether(*this, static_cast<int64_t>(bytes), ticks);
    const uint64_t live = header_.peak.low + (bytes << ledger::kPeakShift);
    const uint64_t peak = header_.peak.high;
    header_.peak.low = live;
    std::atomic_signal_fence(std::memory_order_release);  // in this order, for a kill between them
    if (IsBelow(live, peak)) return;
    header_.peak.high = (live & ~kEpochHalf) | (peak & kEpochHalf);
    header_.peak_ticks.store(ticks, std::memory_order_relaxed);
  }

  // Live bytes are about to shrink by `bytes`; before the cell is touched.
  MEMSHIM_INLINE void OnShrink(uint64_t bytes) {
    if (!is_alone_) [[unlikely]]
      return ShrinkTogether(*this, static_cast<int64_t>(bytes));
    if (!IsBelow(header_.peak.low, header_.peak.high)) BeginEpoch();
    header_.peak.low -= bytes << ledger::kPeakShift;
  }

  // The shard keeps nothing to itself any more: its thread ends.
  void Settle(uint64_t ticks) {
    const int64_t unsettled = head_.unsettled_bytes;
    if (unsettled > 0) SettleGrowth(unsettled, ticks);
    if (unsettled < 0) SettleDecrease(unsettled);
  }

  // Notes the figures of a cell that is about to change.
  MEMSHIM_INLINE void Touch(ledger::Cell* cell) {
    const uint32_t epoch = ledger::EpochOf(is_alone_ ? header_.peak : Load());
    if (cell->epoch == epoch) return;
    cell->epoch_bytes = cell->live_bytes();
    cell->epoch_blocks = cell->live_blocks();
    // release: a reader after a kill believes the figures of an epoch once the cell is in it.
    __atomic_store_n(&cell->epoch, epoch, __ATOMIC_RELEASE);
  }

 private:
  static constexpr uint64_t kSoonTicks = 8;
  static constexpr uint64_t kEpochHalf = (uint64_t{1} << ledger::kPeakShift) - 1;

  static int64_t BytesOf(uint64_t half) { return static_cast<int64_t>(half) >> ledger::kPeakShift; }

  // Whether the bytes of one half are below those of another.
  static bool IsBelow(uint64_t a, uint64_t b) {
    return static_cast<int64_t>(a) < static_cast<int64_t>(b & ~kEpochHalf);
  }

  void BeginEpoch() {
    ledger::PeakFigures figures = Unpack(header_.peak);
    figures.epoch += 1;
    header_.peak = Pack(figures);
  }

  int64_t Allowance() const {
    // relaxed, all: whether a thread hears of it now or later, and any maximum of before will do.
    // (A child of a process that has had threads is not alone for the C library, but exact.)
    if (header_.threads.load(std::memory_order_relaxed) == 1) return 0;
    const bool do_contend = header_.do_shards_contend.load(std::memory_order_relaxed) != 0;
    const int64_t least = do_contend ? kContendedAllowance : 0;
    const int64_t peak = BytesOf(__atomic_load_n(&header_.peak.high, __ATOMIC_RELAXED));
    if (peak < kExactBelow) return least;
    return std::max(least, std::min(peak >> kAllowanceShift, kLargestAllowance));
  }
  // Whether the shard may keep so much to itself.
  bool IsAllowed(int64_t unsettled) const {
    const int64_t allowance = Allowance();
    return -allowance <= unsettled && unsettled <= allowance;
  }

  // Notes a settlement of the shard: `before` and `after` are the lower halves of the state. Shards
  // contend when one finds, again and again, that another has settled within a few microseconds of
  // its own last time: then the state's cache line goes from core to core at each event. Threads
  // that take turns, as at locks, are slower than that.
  void Note(uint64_t before, uint64_t after) {
    const uint64_t now = head_.last_ticks;
    const bool is_contended =
        before != head_.settled_state && now - head_.settled_ticks < kSoonTicks;
    if (is_contended && ++head_.contention == kContended) {
      header_.do_shards_contend.store(1, std::memory_order_relaxed);  // read by Allowance
    }
    if (!is_contended && head_.contention > 0) head_.contention -= 1;
    head_.settled_state = after;
    head_.settled_ticks = now;
  }
  void SetUnsettled(int64_t bytes) {
    // relaxed: one writer; whoever samples the timeline reads a moment's guess.
    __atomic_store_n(&head_.unsettled_bytes, bytes, __ATOMIC_RELAXED);
  }

  // (They take a copy: an object whose address is known would not stay in registers.)
  MEMSHIM_NOINLINE static void GrowTogether(Peak peak, int64_t bytes, uint64_t ticks) {
    const int64_t unsettled = peak.head_.unsettled_bytes + bytes;
    if (peak.IsAllowed(unsettled)) return peak.SetUnsettled(unsettled);
    peak.SettleGrowth(unsettled, ticks);
  }

  void SettleGrowth(int64_t bytes, uint64_t ticks) {
    ledger::PeakState state = Load();
    ledger::PeakFigures figures;
    do {
      figures = Unpack(state);
      figures.live_bytes += bytes;
      if (figures.live_bytes >= figures.peak_bytes) figures.peak_bytes = figures.live_bytes;
    } while (!TryChange(&state, figures));
    Note(state.low, Pack(figures).low);
    SetUnsettled(0);
    if (!figures.is_at_peak()) return;
    // relaxed: one number, ordered with nothing; the latest of several maxima tells the time.
    uint64_t last = header_.peak_ticks.load(std::memory_order_relaxed);
    while (last < ticks &&
           !header_.peak_ticks.compare_exchange_weak(last, ticks, std::memory_order_relaxed)) {
    }
  }

  MEMSHIM_NOINLINE static void ShrinkTogether(Peak peak, int64_t bytes) {
    const int64_t unsettled = peak.head_.unsettled_bytes - bytes;
    if (peak.IsAllowed(unsettled)) return peak.SetUnsettled(unsettled);
    peak.SettleDecrease(unsettled);
  }

  void SettleDecrease(int64_t bytes) {
    ledger::PeakState state = Load();
    ledger::PeakFigures figures;
    do {
      figures = Unpack(state);
      if (figures.is_at_peak()) figures.epoch += 1;
      figures.live_bytes += bytes;
    } while (!TryChange(&state, figures));
    Note(state.low, Pack(figures).low);
    SetUnsettled(0);
  }

  // Both halves of one moment's state: the upper one only ever grows.
  ledger::PeakState Load() const {
    ledger::PeakState state;
    do {
      state.high = __atomic_load_n(&header_.peak.high, __ATOMIC_ACQUIRE);
      state.low = __atomic_load_n(&header_.peak.low, __ATOMIC_ACQUIRE);
    } while (state.high != __atomic_load_n(&header_.peak.high, __ATOMIC_RELAXED));
    return state;
  }
  bool TryChange(ledger::PeakState* seen, const ledger::PeakFigures& figures) {
    const ledger::PeakState next = Pack(figures);
    return base::CompareExchange16(&header_.peak.low, &seen->low, &seen->high, next.low, next.high);
  }

  ledger::Header& header_;
  ledger::ShardHead& head_;
  const bool is_alone_;
};

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_PEAK_H_
