// See timeline.h.
#include "shim/record/timeline.h"

#include <algorithm>

#include "shim/base/restricted.h"

namespace memshim::record {

void Timeline::Sample(ledger::Ledger& ledger, uint64_t ticks) {
  if (!lock_.TryAcquire()) return;
  ledger::Header& header = ledger.header();
  ledger::TimelineSample* samples = ledger.timeline();
  // relaxed, here and in ThinOut: guarded by lock_.
  if (header.timeline_count.load(std::memory_order_relaxed) == ledger::kTimelineCapacity) {
    ThinOut(ledger);
  }
  const uint32_t count = header.timeline_count.load(std::memory_order_relaxed);
  // relaxed: one moment's figures, ordered with nothing.
  const uint64_t low = __atomic_load_n(&header.peak.low, __ATOMIC_RELAXED);
  int64_t bytes = static_cast<int64_t>(low) >> ledger::kPeakShift;
  int64_t blocks = 0;
  for (uint32_t i = 0; i < ledger::kShardHeads; ++i) {
    const ledger::ShardHead& head = ledger.shard_heads()[i];
    bytes += __atomic_load_n(&head.unsettled_bytes, __ATOMIC_RELAXED);
    blocks += __atomic_load_n(&head.live_blocks, __ATOMIC_RELAXED);
  }
  const uint64_t nanoseconds = base::IsRestricted() ? 0 : base::ClockNanoseconds(CLOCK_MONOTONIC);
  samples[count] = {ticks, nanoseconds, static_cast<uint64_t>(std::max<int64_t>(bytes, 0)),
                    static_cast<uint64_t>(std::max<int64_t>(blocks, 0))};
  // release: pairs with the fence of the ledger's readers; the sample is complete.
  header.timeline_count.store(count + 1, std::memory_order_release);
  const uint32_t doublings = header.timeline_doublings.load(std::memory_order_relaxed);
  const uint64_t interval = ledger::TimelineInterval(doublings);
  // relaxed: pairs with next_ticks(); the next sample may be late by an event.
  __atomic_store_n(&next_ticks_, ticks + interval, __ATOMIC_RELAXED);
  lock_.Release();
}

void Timeline::ThinOut(ledger::Ledger& ledger) {
  ledger::Header& header = ledger.header();
  ledger::TimelineSample* samples = ledger.timeline();
  uint32_t count = header.timeline_count.load(std::memory_order_relaxed);
  uint32_t doublings = header.timeline_doublings.load(std::memory_order_relaxed);
  while (count > ledger::kTimelineCapacity / 4 * 3 && doublings < ledger::kMostTimelineDoublings) {
    const uint64_t interval = ledger::TimelineInterval(++doublings);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < count; ++i) {
      if (samples[i].ticks - samples[kept - 1].ticks >= interval) samples[kept++] = samples[i];
    }
    count = kept;
  }
  header.timeline_doublings.store(doublings, std::memory_order_relaxed);
  // release: a reader after a kill sees at worst samples out of order behind the new count.
  header.timeline_count.store(count, std::memory_order_release);
}

}  // namespace memshim::record
