// Budgets: limits that a user sets for a profile.
#ifndef MEMSHIM_ANALYZER_CHECK_BUDGET_H_
#define MEMSHIM_ANALYZER_CHECK_BUDGET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "analyzer/check/place.h"
#include "analyzer/check/suppressions.h"

namespace memshim::analyzer::check {

enum class BudgetKind {
  kPeak,
  kPeakBlocks,
  kTotal,
  kTotalBlocks,
  kLeaked,  // live at the end, neither the runtime's own nor suppressed
  kLeakedBlocks,
  kRss,
  kTemporary,
};

enum class Unit { kBytes, kBlocks, kMillionths };

struct BudgetSpec {
  BudgetKind kind;
  absl::string_view name;   // of the option and the key: "max-peak"
  absl::string_view value;  // what --help calls its value
  Unit unit;
  bool is_for_sites;      // can be set for a part of the program, too
  bool is_for_baselines;  // is compared with a baseline
  absl::string_view help;
};

// One row for each kind: command line, files of budgets and baselines all follow this table.
absl::Span<const BudgetSpec> BudgetSpecs();
const BudgetSpec& SpecOf(BudgetKind kind);

// "64M" or "50%" as the unit of the kind; the status says what was expected.
absl::StatusOr<uint64_t> ParseLimit(const BudgetSpec& spec, absl::string_view text);

// What part of the program a budget is for.
struct Scope {
  enum class Kind {
    kRun,       // everything
    kSite,      // call sites, as the report has them
    kFunction,  // stacks that pass through a place
  };
  Kind kind = Kind::kRun;
  PlacePattern pattern;
};

struct Budget {
  BudgetKind kind = BudgetKind::kPeak;
  uint64_t limit = 0;  // in the kind's unit
  Scope scope;
};

struct Budgets {
  std::vector<Budget> budgets;
  std::optional<std::string> baseline;  // a profile that the totals must not exceed
  std::optional<double> tolerance;      // by more than this share
  std::vector<Suppression> suppressions;
};

inline constexpr double kDefaultTolerance = 0.02;

// A budget for the whole run takes the place of one of the same kind.
void SetRunBudget(BudgetKind kind, uint64_t limit, Budgets* budgets);

}  // namespace memshim::analyzer::check

#endif  // MEMSHIM_ANALYZER_CHECK_BUDGET_H_
