// See histogram.h.
#include "analyzer/render/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "analyzer/render/format.h"

namespace memshim::analyzer::render {
namespace {

constexpr size_t kLabelColumns = 10;  // "lifetimes "
constexpr size_t kRangeColumns = 20;
constexpr size_t kNumberColumns = 19;  // blocks 11, share 8
constexpr size_t kMostBarColumns = 40;

uint64_t Sum(const std::vector<uint64_t>& buckets) {
  uint64_t sum = 0;
  for (const uint64_t blocks : buckets) sum += blocks;
  return sum;
}

std::string Bar(uint64_t part, uint64_t most, size_t width, bool unicode) {
  const double share = static_cast<double>(part) / static_cast<double>(std::max<uint64_t>(most, 1));
  const auto columns = static_cast<size_t>(std::ceil(share * static_cast<double>(width)));
  std::string bar;
  for (size_t i = 0; i < columns; ++i) bar += unicode ? "█" : "#";
  return bar;
}

// `range(b)` is the text of bucket b. Several empty buckets between others are one line.
template <typename RangeText>
void AddBuckets(const char* label, const std::vector<uint64_t>& buckets,
                const ReportOptions& options, RangeText range, std::vector<std::string>* lines) {
  const auto is_used = [](uint64_t blocks) { return blocks > 0; };
  const auto first = std::find_if(buckets.begin(), buckets.end(), is_used);
  if (first == buckets.end()) return;
  const uint64_t all = Sum(buckets);
  const uint64_t most = *std::max_element(buckets.begin(), buckets.end());
  const size_t rest = options.columns - 4 - kLabelColumns - kRangeColumns - kNumberColumns - 2;
  const size_t width = std::min(rest, kMostBarColumns);
  size_t end = buckets.size();
  while (buckets[end - 1] == 0) --end;
  for (size_t b = static_cast<size_t>(first - buckets.begin()); b < end; ++b) {
    if (buckets[b] == 0 && buckets[b + 1] == 0) {
      while (buckets[b + 1] == 0) ++b;
      lines->push_back(absl::StrCat(std::string(kLabelColumns, ' '), "..."));
      continue;
    }
    std::string line =
        absl::StrCat(PadRight(label, kLabelColumns), PadRight(range(b), kRangeColumns),
                     PadLeft(FormatCount(buckets[b]), 11), PadLeft(FormatShare(buckets[b], all), 8),
                     "  ", Bar(buckets[b], most, width, options.unicode));
    while (line.back() == ' ') line.pop_back();
    lines->push_back(std::move(line));
    label = "";
  }
}

std::string SizeRange(size_t b) {
  if (b == 0) return "0 B";
  const double low = std::ldexp(1.0, static_cast<int>(b) - 1);
  if (b == 1) return "1 B";
  return absl::StrCat(FormatBytes(low), " to ", FormatBytes(2 * low - 1));
}

}  // namespace

std::vector<std::string> HistogramLines(const model::Profile& profile,
                                        const model::Counters& counters,
                                        const ReportOptions& options) {
  std::vector<std::string> lines;
  if (!profile.has_details) return lines;
  const auto time = [&](double ticks) {
    const double microseconds = ticks * profile.lifetime_tick_us;
    if (microseconds >= 0.95) return FormatMicroseconds(microseconds, options.unicode);
    return absl::StrFormat("%.1f %s", microseconds, options.unicode ? "µs" : "us");
  };
  AddBuckets("sizes", counters.request_sizes, options, SizeRange, &lines);
  AddBuckets(
      "lifetimes", counters.lifetimes, options,
      [&](size_t b) {
        const double high = std::ldexp(1.0, static_cast<int>(b));
        return b == 0 ? absl::StrCat("below ", time(1))
                      : absl::StrCat(time(high / 2), " to ", time(high));
      },
      &lines);
  std::string rest = absl::StrCat(
      "sizes ", FormatExact(counters.smallest_request), " to ",
      FormatExact(counters.largest_request), " B; ", Counted(counters.threads, "thread", "threads"),
      "; ", FormatCount(counters.remote_blocks), " freed elsewhere; ",
      FormatCount(counters.temporary_blocks), " temporary; ",
      FormatCount(counters.moved_resizes + counters.settled_resizes), " resizes");
  lines.push_back(FitEnd(rest, options.columns - 4));
  return lines;
}

}  // namespace memshim::analyzer::render
