// Amounts as people write them on command lines and in files of budgets.
#ifndef MEMSHIM_ANALYZER_METRICS_AMOUNT_H_
#define MEMSHIM_ANALYZER_METRICS_AMOUNT_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace memshim::analyzer::metrics {

// "4096", "64K", "1.5MB", "2GiB": K, M, G and T are decimal as everywhere in the report, Ki, Mi, Gi
// and Ti binary; a B may follow, and a space stand before. Fractions of one are rounded up.
std::optional<uint64_t> ParseAmount(absl::string_view text);

// "2%", "0.5%" as 0.02, 0.005. Nothing without the sign, nothing below 0.
std::optional<double> ParsePercent(absl::string_view text);

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_AMOUNT_H_
