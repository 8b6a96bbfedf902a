// See timeline.h.
#include "shim/record/timeline.h"

#include <algorithm>

#include "shim/base/restricted.h"

namespace memshim::record {

void Timeline::Sample(ledger::Ledger& ledger, uint64_t ticks) {
  if (base::IsRestricted() || !lock_.TryAcquire()) return;
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
  // relaxed: one moment's figures, ordered with nothing.
  const uint64_t low = __atomic_load_n(&header.peak.low, __ATOMIC_RELAXED);
  int64_t bytes = static_cast<int64_t>(low) >> ledger::kPeakShift;
  int64_t blocks = 0;
  for (uint32_t i = 0; i < ledger::kShardHeads; ++i) {
    const ledger::ShardHead& head = ledger.shard_heads()[i];
    bytes += __atomic_load_n(&head.unsettled_bytes, __ATOMIC_RELAXED);
    blocks += __atomic_load_n(&head.live_blocks, __ATOMIC_RELAXED);
  }
  samples[count] = {ticks, base::ClockNanoseconds(CLOCK_MONOTONIC),
                    static_cast<uint64_t>(std::max<int64_t>(bytes, 0)),
                    static_cast<uint64_t>(std::max<int64_t>(blocks, 0))};
  // release: pairs with the fence of the ledger's readers; the sample is complete.
  header.timeline_count.store(count + 1, std::memory_order_release);
  // relaxed: pairs with next_ticks(); the next sample may be late by an event.
  __atomic_store_n(&next_ticks_, ticks + interval_, __ATOMIC_RELAXED);
  lock_.Release();
}

}  // namespace memshim::record
