// Everything that a report says of a profile, computed: renderers put it into words or JSON and
// compute nothing.
#ifndef MEMSHIM_ANALYZER_METRICS_FINDINGS_H_
#define MEMSHIM_ANALYZER_METRICS_FINDINGS_H_

#include <array>
#include <cstddef>
#include <vector>

#include "analyzer/metrics/leaks.h"
#include "analyzer/metrics/selection.h"
#include "analyzer/metrics/site.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/metrics/verdict.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::metrics {

struct Query {
  GroupBy by = GroupBy::kSite;
  Selection selection;
  double min_share = 0;  // groups with a smaller share of the whole are left out of rankings
};

struct Findings {
  GroupBy by = GroupBy::kSite;
  double min_share = 0;           // of the query
  std::vector<SiteGroup> groups;  // of what is selected
  Totals totals;                  // of the whole profile: what shares are shares of
  bool is_selection = false;
  Totals selected;  // of the groups; the same as `totals` unless it is a selection
  std::array<std::vector<size_t>, kRankings> rankings;  // by RankBy; indices into `groups`
  Leaks leaks;
  Verdict verdict;  // of a selection: without course and resident set, which are of the process

  const std::vector<size_t>& ranking(RankBy by) const { return rankings[static_cast<size_t>(by)]; }
};

// Leaves in `profile` what the query selects.
Findings Examine(const Query& query, model::Profile* profile);

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_FINDINGS_H_
