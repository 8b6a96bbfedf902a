// What the figures that sites are ranked by, and kinds of sites, are called: on command lines, in
// JSON, in files of budgets.
#ifndef MEMSHIM_ANALYZER_METRICS_RANK_NAME_H_
#define MEMSHIM_ANALYZER_METRICS_RANK_NAME_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "analyzer/metrics/site.h"
#include "analyzer/metrics/site_groups.h"

namespace memshim::analyzer::metrics {

struct NamedRank {
  absl::string_view name;
  RankBy by;
};

// One name for each figure, in the order of the report.
absl::Span<const NamedRank> NamedRanks();

// The name in NamedRanks().
absl::string_view RankName(RankBy by);

// Knows other names, too: pprof's, such as "inuse_space", and "leaks".
std::optional<RankBy> RankByName(absl::string_view name);

// "user", "runtime", "folded", "unknown".
absl::string_view SiteKindName(SiteKind kind);

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_RANK_NAME_H_
