// See outcome_text.h.
#include "analyzer/check/outcome_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "analyzer/render/format.h"
#include "analyzer/render/names.h"

namespace memshim::analyzer::check {
namespace {

constexpr size_t kNameColumns = 60;

std::string ExactText(Unit unit, uint64_t amount) {
  if (unit == Unit::kMillionths) {
    return absl::StrFormat("%.4f%%", static_cast<double>(amount) / 1e4);
  }
  return absl::StrCat(render::FormatExact(amount), unit == Unit::kBytes ? " bytes" : " blocks");
}

// By how much the limit is exceeded; nothing of a limit of 0.
std::string ExcessText(const Outcome& outcome) {
  if (outcome.limit == 0 || SpecOf(outcome.kind).unit == Unit::kMillionths) return "";
  const double excess = 100.0 * static_cast<double>(outcome.found - outcome.limit) /
                        static_cast<double>(outcome.limit);
  if (excess < 0.05) return " (+<0.1%)";
  return absl::StrFormat(" (+%.*f%%)", excess < 99.95 ? 1 : 0, excess);
}

}  // namespace

std::string AmountText(Unit unit, uint64_t amount) {
  switch (unit) {
    case Unit::kBytes:
      return render::FormatBytes(static_cast<double>(amount));
    case Unit::kBlocks:
      return absl::StrCat(render::FormatCount(amount), amount == 1 ? " block" : " blocks");
    case Unit::kMillionths:
      return absl::StrFormat("%.1f%%", static_cast<double>(amount) / 1e4);
  }
  return "";
}

FoundAndAllowed FoundText(const Outcome& outcome) {
  const Unit unit = SpecOf(outcome.kind).unit;
  FoundAndAllowed text = {AmountText(unit, outcome.found), AmountText(unit, outcome.limit)};
  if (text.found == text.allowed && outcome.found != outcome.limit) {
    text = {ExactText(unit, outcome.found), ExactText(unit, outcome.limit)};
  }
  return text;
}

std::string CulpritText(const Culprit& culprit, Unit unit, bool full_names) {
  const std::string name =
      render::SiteName(culprit.site, full_names, full_names ? render::kAnyWidth : kNameColumns);
  // Shares have blocks as their parts.
  const Unit part = unit == Unit::kMillionths ? Unit::kBlocks : unit;
  return absl::StrCat(name, " ", culprit.is_growth ? "+" : "", AmountText(part, culprit.figure));
}

std::string BreachText(const Outcome& outcome, bool full_names) {
  if (outcome.verdict == Verdict::kUnknown) {
    return absl::StrCat(outcome.name, ": cannot be checked: ", outcome.why_unknown);
  }
  const FoundAndAllowed text = FoundText(outcome);
  std::string line = absl::StrCat(outcome.name, ": found ", text.found, ", at most ", text.allowed,
                                  " allowed", ExcessText(outcome));
  if (outcome.culprits.empty()) return line;
  std::vector<std::string> culprits;
  for (const Culprit& culprit : outcome.culprits) {
    culprits.push_back(CulpritText(culprit, SpecOf(outcome.kind).unit, full_names));
  }
  return absl::StrCat(line, "; most by ", absl::StrJoin(culprits, ", "));
}

std::string SummaryText(const CheckResult& result) {
  return absl::StrCat(result.Count(Verdict::kKept), " of ", result.outcomes.size(),
                      " budgets kept");
}

}  // namespace memshim::analyzer::check
