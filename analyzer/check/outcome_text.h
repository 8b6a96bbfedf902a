// Outcomes in words, for every form of output.
#ifndef MEMSHIM_ANALYZER_CHECK_OUTCOME_TEXT_H_
#define MEMSHIM_ANALYZER_CHECK_OUTCOME_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "analyzer/check/check.h"

namespace memshim::analyzer::check {

// "64.0 MB", "1,234 blocks", "12.3%".
std::string AmountText(Unit unit, uint64_t amount);

// What was found, and what is allowed; exact where rounding makes both look the same.
struct FoundAndAllowed {
  std::string found, allowed;
};
FoundAndAllowed FoundText(const Outcome& outcome);

// "ReadFrame (frame.cc:12) 40.0 MB", or "... +1.20 MB" of growth.
std::string CulpritText(const Culprit& culprit, Unit unit, bool full_names);

// "max-peak: found 70.1 MB, at most 64.0 MB allowed (+9.5%); most by f (x.cc:1) 40.0 MB, ..."
std::string BreachText(const Outcome& outcome, bool full_names);

// "3 of 4 budgets kept".
std::string SummaryText(const CheckResult& result);

}  // namespace memshim::analyzer::check

#endif  // MEMSHIM_ANALYZER_CHECK_OUTCOME_TEXT_H_
