// Sums of counters. Used wherever points are put together: merging and folding in analyzer/dhat,
// totals and call sites in analyzer/metrics.
#ifndef MEMSHIM_ANALYZER_MODEL_COUNTERS_H_
#define MEMSHIM_ANALYZER_MODEL_COUNTERS_H_

#include <algorithm>
#include <cstdint>
#include <limits>

#include "analyzer/model/profile.h"

namespace memshim::analyzer::model {

// Stays at the largest number instead of wrapping: figures of a file are not trusted.
inline uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  const uint64_t sum = a + b;
  return sum < a ? std::numeric_limits<uint64_t>::max() : sum;
}

// Adds every figure of `from` to `to` that can be added: all but the own maximum. The maxima of
// several points need not have been reached at the same time, so of them only a lower bound is
// known: the largest single one, and what was live together at t-gmax and at t-end.
inline void AddCounters(const Counters& from, Counters* to) {
  constexpr uint64_t Counters::*kSums[] = {
      &Counters::total_bytes,     &Counters::total_blocks,    &Counters::lifetime,
      &Counters::gmax_bytes,      &Counters::gmax_blocks,     &Counters::end_bytes,
      &Counters::end_blocks,      &Counters::read_bytes,      &Counters::written_bytes,
      &Counters::temporary_bytes, &Counters::temporary_blocks};
  for (uint64_t Counters::*sum : kSums) to->*sum = SaturatingAdd(to->*sum, from.*sum);
  const auto raise_max = [to](uint64_t bytes, uint64_t blocks) {
    if (bytes < to->max_bytes || (bytes == to->max_bytes && blocks <= to->max_blocks)) return;
    to->max_bytes = bytes;
    to->max_blocks = blocks;
  };
  raise_max(from.max_bytes, from.max_blocks);
  raise_max(to->gmax_bytes, to->gmax_blocks);
  raise_max(to->end_bytes, to->end_blocks);
}

}  // namespace memshim::analyzer::model

#endif  // MEMSHIM_ANALYZER_MODEL_COUNTERS_H_
