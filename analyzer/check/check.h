// Holds a profile against budgets.
#ifndef MEMSHIM_ANALYZER_CHECK_CHECK_H_
#define MEMSHIM_ANALYZER_CHECK_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/check/budget.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::check {

enum class Verdict {
  kKept,
  kBreached,
  kUnknown,  // the profile does not tell: as bad as a breach, since nobody would notice
};

// A call site's part of what broke a budget.
struct Culprit {
  metrics::SiteGroup site;
  uint64_t figure = 0;     // in bytes or blocks
  bool is_growth = false;  // the figure is what it grew by
};

struct Outcome {
  std::string name;  // "max-peak", "max-peak of site parse", "max-peak of baseline"
  BudgetKind kind = BudgetKind::kPeak;
  Verdict verdict = Verdict::kKept;
  uint64_t found = 0;  // in the kind's unit
  uint64_t limit = 0;
  std::optional<uint64_t> baseline;  // what the limit was made of
  std::string why_unknown;
  std::vector<Culprit> culprits;  // of a breach, largest first
};

struct UsedSuppression {
  std::string pattern, origin;
  uint64_t bytes = 0, blocks = 0;
};

struct CheckResult {
  std::vector<Outcome> outcomes;
  std::vector<UsedSuppression> suppressions;  // those that matched nothing have no blocks
  std::vector<std::string> remarks;           // what a reader must know; whole sentences
  std::string command;

  size_t Count(Verdict verdict) const;
};

// `baseline`: of Budgets::baseline, or null.
CheckResult Check(const model::Profile& profile, const model::Profile* baseline,
                  const Budgets& budgets);

}  // namespace memshim::analyzer::check

#endif  // MEMSHIM_ANALYZER_CHECK_CHECK_H_
