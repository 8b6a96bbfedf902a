// What changed between two profiles: totals, and the call sites in order of their change.
#ifndef MEMSHIM_ANALYZER_DIFF_COMPARE_H_
#define MEMSHIM_ANALYZER_DIFF_COMPARE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::diff {

// A change below both parts is noise.
struct Threshold {
  double share = 0.01;  // of the larger of the two totals
  uint64_t amount = 0;  // in the figure's own unit
};

enum class FigureKind { kBytes, kCount, kTime };

// A figure of the whole run.
struct TotalChange {
  absl::string_view name;  // for programs: "totalBytes"
  std::string title;       // for people: "Total bytes"
  FigureKind kind = FigureKind::kBytes;
  uint64_t before = 0;
  uint64_t after = 0;
};

enum class Change { kAppeared, kGrew, kShrank, kGone };

// A call site whose figure differs by at least the threshold.
struct SiteChange {
  Change change = Change::kGrew;
  metrics::SiteGroup site;  // as NEW names it, or OLD where it is gone; counters are of that side
  uint64_t before = 0;      // the figure that is compared
  uint64_t after = 0;
  model::Counters before_counters;  // all of them; zero where the site is not
  model::Counters after_counters;
};

// Call sites that changed by less than the threshold, together.
struct SmallChanges {
  uint64_t sites = 0;
  uint64_t grown = 0;   // sum of what grew
  uint64_t shrunk = 0;  // and of what shrank
};

struct Comparison {
  std::string command_before, command_after;
  std::string bytes_unit, time_unit;
  metrics::RankBy by = metrics::RankBy::kTotalBytes;
  uint64_t whole_before = 0;  // what the sites' figures are shares of
  uint64_t whole_after = 0;
  uint64_t least = 0;  // the smallest change that is shown
  std::vector<TotalChange> totals;
  std::vector<SiteChange> sites;  // largest change first
  SmallChanges small;
  uint64_t unchanged_sites = 0;
  std::vector<std::string> remarks;  // what a reader must know to trust it; whole sentences
};

// One line for the user where the profiles count different things, or one lacks the figure.
absl::Status CheckComparable(const model::Profile& before, const model::Profile& after,
                             metrics::RankBy by);

// Fails where CheckComparable() does.
absl::StatusOr<Comparison> Compare(const model::Profile& before, const model::Profile& after,
                                   metrics::RankBy by, const Threshold& threshold);

inline uint64_t Difference(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

// Whether `by` ranks by bytes; else by blocks.
bool RanksBytes(metrics::RankBy by);

}  // namespace memshim::analyzer::diff

#endif  // MEMSHIM_ANALYZER_DIFF_COMPARE_H_
