// What can be measured of a point or a frame: the one list of figures that every format, the page
// included, draws from. Formats of one figure let the user choose one of these.
#ifndef MEMSHIM_ANALYZER_CONVERT_METRIC_H_
#define MEMSHIM_ANALYZER_CONVERT_METRIC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::convert {

struct Metric {
  // What a profile must tell for it.
  enum class Needs { kNothing, kLifetimes, kDetails };

  absl::string_view key;    // as memshim-report --sort has it
  absl::string_view event;  // a name without blanks, for formats that want one
  absl::string_view title;
  bool is_bytes = false;  // else blocks
  Needs needs = Needs::kNothing;
  uint64_t model::Counters::*figure = nullptr;
};

absl::Span<const Metric> Metrics();

// Those that `profile` tells, in the order of Metrics().
std::vector<const Metric*> MetricsOf(const model::Profile& profile);

// Null: no metric is called that.
const Metric* FindMetric(absl::string_view key);

bool Tells(const model::Profile& profile, const Metric& metric);

// "total-bytes, total-blocks, ..." for messages.
std::string MetricKeys();

// "bytes" or "blocks", or what a profile counts instead of them.
absl::string_view UnitOf(const model::Profile& profile, const Metric& metric);

}  // namespace memshim::analyzer::convert

#endif  // MEMSHIM_ANALYZER_CONVERT_METRIC_H_
