// Pairs the call sites of two profiles.
#ifndef MEMSHIM_ANALYZER_DIFF_MATCH_SITES_H_
#define MEMSHIM_ANALYZER_DIFF_MATCH_SITES_H_

#include <optional>
#include <vector>

#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::diff {

// A call site in one of the profiles, or in both. Its line is that of the site if there is one.
struct SitePair {
  std::optional<metrics::SiteGroup> before;
  std::optional<metrics::SiteGroup> after;
};

// Each site of each profile is in exactly one pair. Sites are the same when function, file and
// module are. What is left over is paired by function and file (a binary of another name), by
// function and module (a file that was renamed, or debug information on one side alone), and last
// by the function alone where a file is unknown; each time only what is unique on both sides.
std::vector<SitePair> MatchSites(const model::Profile& before, const model::Profile& after);

}  // namespace memshim::analyzer::diff

#endif  // MEMSHIM_ANALYZER_DIFF_MATCH_SITES_H_
