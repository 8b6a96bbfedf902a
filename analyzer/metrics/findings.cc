// See findings.h.
#include "analyzer/metrics/findings.h"

namespace memshim::analyzer::metrics {
namespace {

std::vector<size_t> Rank(const model::Profile& profile, const Findings& findings, RankBy by,
                         double min_share) {
  std::vector<size_t> ranked = RankSites(profile, findings.groups, by);
  const double whole = static_cast<double>(RankWhole(findings.totals.all, by));
  std::erase_if(ranked, [&](size_t group) {
    const double figure = static_cast<double>(RankFigure(findings.groups[group].counters, by));
    return figure < min_share * whole;
  });
  return ranked;
}

}  // namespace

Findings Examine(const Query& query, model::Profile* profile) {
  Findings findings;
  findings.by = query.by;
  findings.min_share = query.min_share;
  findings.is_selection = !query.selection.IsEverything();
  if (findings.is_selection) {
    findings.totals = SumTotals(GroupBySite(*profile, SiteFinder(*profile)));
    Select(query.selection, profile);
  }
  findings.groups = GroupPoints(*profile, SiteFinder(*profile), query.by);
  findings.selected = SumTotals(findings.groups);
  if (!findings.is_selection) findings.totals = findings.selected;
  for (size_t i = 0; i < kRankings; ++i) {
    findings.rankings[i] = Rank(*profile, findings, static_cast<RankBy>(i), query.min_share);
  }
  findings.leaks = FindLeaks(*profile, findings.groups);
  findings.verdict = FindVerdict(*profile, findings.groups, findings.totals);
  if (findings.is_selection) {
    findings.verdict.course = {};
    findings.verdict.resident.reset();
  }
  return findings;
}

}  // namespace memshim::analyzer::metrics
