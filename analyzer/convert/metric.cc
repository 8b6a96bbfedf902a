// See metric.h.
#include "analyzer/convert/metric.h"

#include "absl/strings/str_join.h"

namespace memshim::analyzer::convert {
namespace {

using model::Counters;
using Needs = Metric::Needs;

constexpr Metric kMetrics[] = {
    {"total-bytes", "TotalBytes", "Total bytes", true, Needs::kNothing, &Counters::total_bytes},
    {"total-blocks", "TotalBlocks", "Total blocks", false, Needs::kNothing,
     &Counters::total_blocks},
    {"peak", "PeakBytes", "Bytes at the peak", true, Needs::kLifetimes, &Counters::gmax_bytes},
    {"peak-blocks", "PeakBlocks", "Blocks at the peak", false, Needs::kLifetimes,
     &Counters::gmax_blocks},
    {"end", "EndBytes", "Bytes at the end", true, Needs::kLifetimes, &Counters::end_bytes},
    {"end-blocks", "EndBlocks", "Blocks at the end", false, Needs::kLifetimes,
     &Counters::end_blocks},
    {"temporary", "TemporaryBlocks", "Temporary blocks", false, Needs::kDetails,
     &Counters::temporary_blocks},
};

}  // namespace

absl::Span<const Metric> Metrics() { return kMetrics; }

bool Tells(const model::Profile& profile, const Metric& metric) {
  switch (metric.needs) {
    case Needs::kNothing:
      return true;
    case Needs::kLifetimes:
      return profile.has_lifetimes;
    case Needs::kDetails:
      return profile.has_details;
  }
  return false;
}

std::vector<const Metric*> MetricsOf(const model::Profile& profile) {
  std::vector<const Metric*> told;
  for (const Metric& metric : kMetrics) {
    if (Tells(profile, metric)) told.push_back(&metric);
  }
  return told;
}

const Metric* FindMetric(absl::string_view key) {
  for (const Metric& metric : kMetrics) {
    if (metric.key == key) return &metric;
  }
  return nullptr;
}

std::string MetricKeys() {
  return absl::StrJoin(kMetrics, ", ", [](std::string* out, const Metric& metric) {
    out->append(metric.key.data(), metric.key.size());
  });
}

absl::string_view UnitOf(const model::Profile& profile, const Metric& metric) {
  return metric.is_bytes ? profile.bytes_unit : profile.blocks_unit;
}

}  // namespace memshim::analyzer::convert
