// See timeline.h.
#include "shim/record/timeline.h"

#include "shim/base/restricted.h"

namespace memshim::record {

void Timeline::Sample(ledger::Ledger& ledger, uint64_t ticks) {
  if (base::g_is_restricted || !lock_.TryAcquire()) return;
  ledger::Header& header = ledger.header();
  ledger::TimelineSample* samples = ledger.timeline();
  uint32_t count = header.timeline_count.load(std::memory_order_relaxed);  // guarded by lock_
  if (interval_ == 0) interval_ = kFirstInterval;
  if (count == ledger::kTimelineCapacity) {
    for (uint32_t i = 1; i < count / 2; ++i) samples[i] = samples[size_t{2} * i];
    count /= 2;
    interval_ *= 2;
    // release: a reader after a kill sees at worst samples out of order behind the new count.
    header.timeline_count.store(count, std::memory_order_release);
  }
  int64_t blocks = 0;
  for (uint32_t i = 0; i < ledger::kShardHeads; ++i) {
    blocks += __atomic_load_n(&ledger.shard_heads()[i].live_blocks, __ATOMIC_RELAXED);
  }
  // relaxed: one moment's figure, ordered with nothing.
  const uint64_t bytes = __atomic_load_n(&header.peak.low, __ATOMIC_RELAXED) >> ledger::kPeakShift;
  samples[count] = {ticks, base::ClockNanoseconds(CLOCK_MONOTONIC), bytes,
                    static_cast<uint64_t>(blocks < 0 ? 0 : blocks)};
  header.timeline_count.store(count + 1, std::memory_order_release);
  __atomic_store_n(&next_ticks_, ticks + interval_, __ATOMIC_RELAXED);
  lock_.Release();
}

}  // namespace memshim::record
