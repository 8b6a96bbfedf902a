// See report_ranges.h.
#include "analyzer/cli/report_ranges.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/types/span.h"

namespace memshim::analyzer::cli {
namespace {

struct Unit {
  absl::string_view name;
  double factor;
  bool is_time;
};

constexpr Unit kSizeUnits[] = {
    {"", 1, false},       {"b", 1, false},         {"k", 1e3, false},          {"kb", 1e3, false},
    {"m", 1e6, false},    {"mb", 1e6, false},      {"g", 1e9, false},          {"gb", 1e9, false},
    {"kib", 1024, false}, {"mib", 1048576, false}, {"gib", 1073741824, false},
};
constexpr Unit kTimeUnits[] = {
    {"", 1, false},   {"us", 1, true},     {"µs", 1, true},     {"ms", 1e3, true},
    {"s", 1e6, true}, {"min", 60e6, true}, {"h", 3600e6, true},
};

// One end of a range: a number that is not negative, and a unit.
std::optional<double> ParseEnd(absl::string_view text, absl::Span<const Unit> units,
                               bool* is_time) {
  size_t digits = 0;
  while (digits < text.size() && (absl::ascii_isdigit(text[digits]) || text[digits] == '.')) {
    ++digits;
  }
  double number = 0;
  if (digits == 0 || !absl::SimpleAtod(text.substr(0, digits), &number)) return std::nullopt;
  for (const Unit& unit : units) {
    if (!absl::EqualsIgnoreCase(text.substr(digits), unit.name)) continue;
    *is_time |= unit.is_time;
    return number * unit.factor;
  }
  return std::nullopt;
}

std::optional<LifetimeRange> ParseRange(absl::string_view text, absl::Span<const Unit> units) {
  LifetimeRange result;
  const size_t dots = text.find("..");
  if (dots == absl::string_view::npos) {
    const std::optional<double> only = ParseEnd(text, units, &result.is_time);
    if (!only.has_value()) return std::nullopt;
    result.range = {*only, *only};
    return result;
  }
  const absl::string_view low = text.substr(0, dots), high = text.substr(dots + 2);
  if (low.empty() && high.empty()) return std::nullopt;
  const auto take = [&](absl::string_view end, double* into) {
    if (end.empty()) return true;
    const std::optional<double> value = ParseEnd(end, units, &result.is_time);
    if (value.has_value()) *into = *value;
    return value.has_value();
  };
  if (!take(low, &result.range.least) || !take(high, &result.range.most)) return std::nullopt;
  if (result.range.least > result.range.most) return std::nullopt;
  return result;
}

}  // namespace

std::optional<metrics::Range> ParseSizeRange(absl::string_view text) {
  const std::optional<LifetimeRange> parsed = ParseRange(text, kSizeUnits);
  if (!parsed.has_value()) return std::nullopt;
  return parsed->range;
}

std::optional<LifetimeRange> ParseLifetimeRange(absl::string_view text) {
  return ParseRange(text, kTimeUnits);
}

}  // namespace memshim::analyzer::cli
