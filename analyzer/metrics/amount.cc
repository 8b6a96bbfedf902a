// See amount.h.
#include "analyzer/metrics/amount.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace memshim::analyzer::metrics {
namespace {

// Digits with at most one point. (SimpleAtod would take "inf", "1e9" and "-1" as well.)
std::optional<double> ParseDecimal(absl::string_view text) {
  bool has_digit = false, has_point = false;
  for (const char c : text) {
    if (c == '.' && !has_point) {
      has_point = true;
    } else if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      has_digit = true;
    } else {
      return std::nullopt;
    }
  }
  double number = 0;
  if (!has_digit || !absl::SimpleAtod(text, &number)) return std::nullopt;
  return number;
}

}  // namespace

std::optional<uint64_t> ParseAmount(absl::string_view text) {
  constexpr double kMost = 9.2e18;
  if (uint64_t exact = 0; absl::SimpleAtoi(text, &exact) && ParseDecimal(text)) return exact;
  absl::ConsumeSuffix(&text, "B");
  const bool is_binary = absl::ConsumeSuffix(&text, "i");
  double factor = 1;
  constexpr absl::string_view kPrefixes = "KMGT";
  const size_t prefix =
      text.empty() ? absl::string_view::npos
                   : kPrefixes.find(absl::ascii_toupper(static_cast<unsigned char>(text.back())));
  if (prefix != absl::string_view::npos) {
    factor = std::pow(is_binary ? 1024.0 : 1000.0, static_cast<double>(prefix) + 1);
    text.remove_suffix(1);
  } else if (is_binary) {
    return std::nullopt;
  }
  const std::optional<double> number = ParseDecimal(absl::StripTrailingAsciiWhitespace(text));
  if (!number.has_value() || *number * factor > kMost) return std::nullopt;
  return static_cast<uint64_t>(std::ceil(*number * factor));
}

std::optional<double> ParsePercent(absl::string_view text) {
  if (!absl::ConsumeSuffix(&text, "%")) return std::nullopt;
  const std::optional<double> percent = ParseDecimal(absl::StripTrailingAsciiWhitespace(text));
  if (!percent.has_value()) return std::nullopt;
  return *percent / 100;
}

}  // namespace memshim::analyzer::metrics
