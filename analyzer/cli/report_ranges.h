// Ranges of sizes and lifetimes as given on the command line.
#ifndef MEMSHIM_ANALYZER_CLI_REPORT_RANGES_H_
#define MEMSHIM_ANALYZER_CLI_REPORT_RANGES_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "analyzer/metrics/selection.h"

namespace memshim::analyzer::cli {

// "16..4K", "1M..", "..64", "24" (only that): B, K, M, G are powers of 1,000, KiB, MiB, GiB of
// 1,024. Nullopt: not understood, or empty.
std::optional<metrics::Range> ParseSizeRange(absl::string_view text);

struct LifetimeRange {
  metrics::Range range;
  bool is_time = false;  // in microseconds; else in whatever the file counts
};

// "10us..2ms", "1s..", "..1min", "500" (only that, in the file's unit).
std::optional<LifetimeRange> ParseLifetimeRange(absl::string_view text);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_REPORT_RANGES_H_
