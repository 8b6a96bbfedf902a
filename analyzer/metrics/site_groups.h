// Program points grouped by call site, or by a coarser part of its name, and the orders in which a
// report shows the groups. Sums are exact; order is total, so that the same profile gives the same
// report.
#ifndef MEMSHIM_ANALYZER_METRICS_SITE_GROUPS_H_
#define MEMSHIM_ANALYZER_METRICS_SITE_GROUPS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/metrics/site.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::metrics {

enum class GroupBy {
  kSite,      // function, file and line; without a line the same function of the same module;
              // without a function the same address of the same module
  kFunction,  // the same, all lines together
  kFile,      // source file; where there is none, the module
  kModule,    // loaded image; frames with a line need not tell it (valgrind's and dhat-rs's do not)
  kThread,    // the function that the thread was started with, not the call site: thread_start.h
};

// The points whose call sites are one by what they are grouped by. What they need not have in
// common is empty.
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

// A site, or any frame of a stack, described as a group without counters and points.
SiteGroup DescribeSite(const model::Profile& profile, const model::Point& point, const Site& site,
                       GroupBy by);
SiteGroup DescribeFrame(const model::Profile& profile, const model::Frame& frame, GroupBy by);

// What tells one group from another, as text.
std::string GroupKey(const SiteGroup& group);

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
  kTemporary,
  kMovedBytes,
  kSlack
};
inline constexpr size_t kRankings = 10;

// A size and a number of what is counted: what a ranking shows of a group or a point.
struct Amount {
  uint64_t bytes = 0;
  uint64_t blocks = 0;
};

// In the order of the first point of each.
std::vector<SiteGroup> GroupPoints(const model::Profile& profile, const SiteFinder& finder,
                                   GroupBy by);

inline std::vector<SiteGroup> GroupBySite(const model::Profile& profile, const SiteFinder& finder) {
  return GroupPoints(profile, finder, GroupBy::kSite);
}

Totals SumTotals(const std::vector<SiteGroup>& groups);

// Indices into `groups` in falling order of the figure; of equal ones the one with more total
// bytes comes first, then the smaller name. Groups whose figure is 0 are left out.
// kShortLived takes the groups whose blocks live, on average, at most
// Profile::short_lived_threshold, in order of their blocks. (It is what DHAT's viewer does for
// points.)
// Only files of ours tell what kTemporary (blocks freed by their own thread before it allocated
// again), kMovedBytes (that resizes had to bring along) and kSlack rank by.
std::vector<size_t> RankSites(const model::Profile& profile, const std::vector<SiteGroup>& groups,
                              RankBy by);

// The figure by which RankSites() orders.
uint64_t RankFigure(const model::Counters& counters, RankBy by);

// The bytes and blocks that belong to the figure; of kMovedBytes the blocks are resizes.
Amount AmountOf(const model::Counters& counters, RankBy by);

// The point of the group with the largest figure, the first of equal ones.
uint32_t HeaviestPoint(const model::Profile& profile, const SiteGroup& group, RankBy by);

// What a group's figure is a share of, from the totals.
uint64_t RankWhole(const model::Counters& totals, RankBy by);

bool IsShortLived(const model::Profile& profile, const model::Counters& counters);

// 0 if there are no blocks.
double AverageOf(uint64_t sum, uint64_t blocks);

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_SITE_GROUPS_H_
