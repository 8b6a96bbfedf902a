// See budget.h.
#include "analyzer/check/budget.h"

#include <cmath>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "analyzer/metrics/amount.h"

namespace memshim::analyzer::check {
namespace {

// In the order of BudgetKind.
constexpr BudgetSpec kSpecs[] = {
    {BudgetKind::kPeak, "max-peak", "SIZE", Unit::kBytes, true, true, "bytes live at the peak"},
    {BudgetKind::kPeakBlocks, "max-peak-blocks", "N", Unit::kBlocks, true, true,
     "blocks live at the peak"},
    {BudgetKind::kTotal, "max-total", "SIZE", Unit::kBytes, true, true, "bytes over the whole run"},
    {BudgetKind::kTotalBlocks, "max-total-blocks", "N", Unit::kBlocks, true, true,
     "blocks over the whole run"},
    {BudgetKind::kLeaked, "max-leaked", "SIZE", Unit::kBytes, true, true,
     "bytes live at the end that are yours"},
    {BudgetKind::kLeakedBlocks, "max-leaked-blocks", "N", Unit::kBlocks, true, true,
     "blocks live at the end that are yours"},
    {BudgetKind::kRss, "max-rss", "SIZE", Unit::kBytes, false, false,
     "peak resident set, memshim's part included"},
    {BudgetKind::kTemporary, "max-temporary", "P%", Unit::kMillionths, true, false,
     "share of blocks freed before the next allocation"},
};

}  // namespace

absl::Span<const BudgetSpec> BudgetSpecs() { return kSpecs; }

const BudgetSpec& SpecOf(BudgetKind kind) { return kSpecs[static_cast<size_t>(kind)]; }

absl::StatusOr<uint64_t> ParseLimit(const BudgetSpec& spec, absl::string_view text) {
  if (spec.unit == Unit::kMillionths) {
    const std::optional<double> share = metrics::ParsePercent(text);
    if (share.has_value() && *share <= 1) return static_cast<uint64_t>(std::llround(*share * 1e6));
    return absl::InvalidArgumentError("a share from 0% to 100%");
  }
  if (const std::optional<uint64_t> amount = metrics::ParseAmount(text)) return *amount;
  return absl::InvalidArgumentError(spec.unit == Unit::kBytes ? "a size such as 64M, 1.5GiB or 4096"
                                                              : "a number such as 10000 or 2M");
}

void SetRunBudget(BudgetKind kind, uint64_t limit, Budgets* budgets) {
  for (Budget& budget : budgets->budgets) {
    if (budget.kind != kind || budget.scope.kind != Scope::Kind::kRun) continue;
    budget.limit = limit;
    return;
  }
  budgets->budgets.push_back({kind, limit, {}});
}

}  // namespace memshim::analyzer::check
