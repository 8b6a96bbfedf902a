// Program points grouped by call site, and the orders in which a report shows them.
// Sums are exact; order is total, so that the same profile gives the same report.
#ifndef MEMSHIM_ANALYZER_METRICS_SITE_GROUPS_H_
#define MEMSHIM_ANALYZER_METRICS_SITE_GROUPS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/metrics/site.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::metrics {

// The points that share a call site: the same function, file and line; without a line the same
// function of the same module; without a function the same address of the same module.
struct SiteGroup {
  SiteKind kind = SiteKind::kUnknown;
  std::string label;     // of a known buffer of the runtime, and for what is no code
  std::string function;  // empty when unknown
  std::string file;      // empty when unknown
  uint32_t line = 0;
  std::string module_path;  // empty when unknown
  // Set only if the function is unknown, the second only if the producer tells it.
  uint64_t address = 0;
  uint64_t module_offset = 0;
  // Sums over the points. The own maximum is a lower bound if there are several of them.
  model::Counters counters;
  std::vector<uint32_t> points;  // indices into Profile::points, in order
};

struct Totals {
  model::Counters all;
  model::Counters runtime;  // the part whose sites are SiteKind::kRuntime
};

enum class RankBy {
  kTotalBytes,
  kTotalBlocks,
  kPeakBytes,
  kPeakBlocks,
  kEndBytes,
  kEndBlocks,
  kShortLived,
  kTemporary
};

// In the order of the first point of each.
std::vector<SiteGroup> GroupBySite(const model::Profile& profile, const SiteFinder& finder);

Totals SumTotals(const std::vector<SiteGroup>& groups);

// Indices into `groups` in falling order of the figure; of equal ones the one with more total
// bytes comes first, then the smaller name. Groups whose figure is 0 are left out.
// kShortLived takes the groups whose blocks live, on average, at most
// Profile::short_lived_threshold, in order of their blocks. (It is what DHAT's viewer does for
// points.)
// kTemporary ranks by the blocks freed by their own thread before it allocated again, which only
// files of ours tell.
std::vector<size_t> RankSites(const model::Profile& profile, const std::vector<SiteGroup>& groups,
                              RankBy by);

// The figure by which RankSites() orders.
uint64_t RankFigure(const model::Counters& counters, RankBy by);

// What a group's figure is a share of, from the totals.
uint64_t RankWhole(const model::Counters& totals, RankBy by);

bool IsShortLived(const model::Profile& profile, const model::Counters& counters);

// 0 if there are no blocks.
double AverageOf(uint64_t sum, uint64_t blocks);

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_SITE_GROUPS_H_
