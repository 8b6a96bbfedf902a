// The figures of a profile that budgets are held against.
#ifndef MEMSHIM_ANALYZER_CHECK_MEASURE_H_
#define MEMSHIM_ANALYZER_CHECK_MEASURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/check/budget.h"
#include "analyzer/check/suppressions.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::check {

// What a suppression has taken away.
struct Suppressed {
  uint64_t bytes = 0;
  uint64_t blocks = 0;
};

// The points that a scope speaks of.
struct Selection {
  std::vector<bool> points;
  bool is_empty = true;
};

class Measurement {
 public:
  // The profile must outlive it.
  Measurement(const model::Profile& profile, const std::vector<Suppression>& suppressions);

  Selection Select(const Scope& scope) const;

  // Empty, or why the profile does not tell the figure.
  std::string WhyUnknown(BudgetKind kind) const;
  // In the kind's unit. Requires: WhyUnknown(kind) is empty.
  uint64_t Figure(BudgetKind kind, const Selection& selection) const;
  // Of one point; for shares its blocks, for the RSS 0.
  uint64_t PointFigure(BudgetKind kind, size_t point) const;
  // The same of each call site, in the order of sites().
  std::vector<uint64_t> SiteFigures(BudgetKind kind, const Selection& selection) const;

  const model::Profile& profile() const { return profile_; }
  const std::vector<metrics::SiteGroup>& sites() const { return sites_; }
  // Of each suppression the blocks that it was the first to match.
  const std::vector<Suppressed>& suppressed() const { return suppressed_; }

 private:
  void ApplySuppressions(const std::vector<Suppression>& suppressions);

  const model::Profile& profile_;
  std::vector<metrics::SiteGroup> sites_;
  std::vector<bool> is_leak_;  // of each point: what lives at its end counts as leaked
  std::vector<Suppressed> suppressed_;
};

}  // namespace memshim::analyzer::check

#endif  // MEMSHIM_ANALYZER_CHECK_MEASURE_H_
