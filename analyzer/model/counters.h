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

// What was estimated from such figures, too. Requires: not negative.
inline uint64_t SaturatingCast(double figure) {
  constexpr uint64_t kLargest = std::numeric_limits<uint64_t>::max();
  return figure < static_cast<double>(kLargest) ? static_cast<uint64_t>(figure) : kLargest;
}

inline void AddBuckets(const std::vector<uint64_t>& from, std::vector<uint64_t>* to) {
  if (to->size() < from.size()) to->resize(from.size());
  for (size_t i = 0; i < from.size(); ++i) (*to)[i] = SaturatingAdd((*to)[i], from[i]);
}

// Requires: end_bytes of both are not summed yet.
inline void AddMoments(const Counters& from, Counters* to) {
  const size_t told = std::max(from.moment_bytes.size(), to->moment_bytes.size());
  to->moment_bytes.resize(told, to->end_bytes);
  for (size_t i = 0; i < told; ++i) {
    const uint64_t bytes = i < from.moment_bytes.size() ? from.moment_bytes[i] : from.end_bytes;
    to->moment_bytes[i] = SaturatingAdd(to->moment_bytes[i], bytes);
  }
  const uint64_t end_bytes = SaturatingAdd(to->end_bytes, from.end_bytes);
  while (!to->moment_bytes.empty() && to->moment_bytes.back() == end_bytes) {
    to->moment_bytes.pop_back();
  }
}

template <uint64_t Counters::*... figures>
void AddEach(const Counters& from, Counters* to) {
  ((to->*figures = SaturatingAdd(to->*figures, from.*figures)), ...);
}

// Adds every figure of `from` to `to` that can be added: all but the own maximum and the threads.
// The maxima of several points need not have been reached at the same time, so of them only a lower
// bound is known: the largest single one, and what was live together at t-gmax and at t-end.
inline void AddCounters(const Counters& from, Counters* to) {
  AddMoments(from, to);
  AddBuckets(from.request_sizes, &to->request_sizes);
  AddBuckets(from.lifetimes, &to->lifetimes);
  to->threads = std::max(to->threads, from.threads);
  if (from.largest_request != 0) {
    to->smallest_request = to->largest_request == 0
                               ? from.smallest_request
                               : std::min(to->smallest_request, from.smallest_request);
    to->largest_request = std::max(to->largest_request, from.largest_request);
  }
  AddEach<&Counters::total_bytes, &Counters::total_blocks, &Counters::lifetime,
          &Counters::gmax_bytes, &Counters::gmax_blocks, &Counters::end_bytes,
          &Counters::end_blocks, &Counters::read_bytes, &Counters::written_bytes,
          &Counters::temporary_bytes, &Counters::temporary_blocks, &Counters::slack_bytes,
          &Counters::remote_blocks, &Counters::moved_resizes, &Counters::settled_resizes,
          &Counters::moved_bytes, &Counters::late_freed_bytes>(from, to);
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
