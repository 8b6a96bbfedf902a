// See format.h.
#include "analyzer/render/format.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace memshim::analyzer::render {
namespace {

// Three digits of a number below 1,000: "1.20", "12.3", "123".
std::string ThreeDigits(double number) {
  if (number < 9.995) return absl::StrFormat("%.2f", number);
  if (number < 99.95) return absl::StrFormat("%.1f", number);
  return absl::StrFormat("%.0f", number);
}

// Divides `number` by 1,000 until three digits are left; returns how often.
size_t ScaleDown(double* number, size_t max_steps) {
  size_t steps = 0;
  while (*number >= 999.5 && steps < max_steps) {
    *number /= 1000;
    ++steps;
  }
  return steps;
}

}  // namespace

std::string FormatBytes(double bytes) {
  constexpr const char* kUnits[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
  const size_t steps = ScaleDown(&bytes, std::size(kUnits) - 1);
  if (steps == 0) return absl::StrFormat("%.0f B", bytes);
  return absl::StrCat(ThreeDigits(bytes), " ", kUnits[steps]);
}

std::string FormatExact(uint64_t number) {
  std::string digits = absl::StrCat(number);
  for (size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, 1, ',');
  return digits;
}

std::string FormatCount(uint64_t number) {
  if (number <= 9999999) return FormatExact(number);
  return FormatQuantity(static_cast<double>(number));
}

std::string FormatQuantity(double number) {
  constexpr const char* kPrefixes[] = {"", " k", " M", " G", " T", " P", " E"};
  if (number < 9999.5) {
    const bool is_whole = number == std::floor(number);
    if (number >= 99.95 || is_whole)
      return FormatExact(static_cast<uint64_t>(std::llround(number)));
    return absl::StrFormat("%.1f", number);
  }
  const size_t steps = ScaleDown(&number, std::size(kPrefixes) - 1);
  return absl::StrCat(ThreeDigits(number), kPrefixes[steps]);
}

std::string FormatMicroseconds(double microseconds, bool unicode) {
  const char* const micro = unicode ? "µs" : "us";
  if (microseconds == 0) return absl::StrCat("0 ", micro);
  if (microseconds < 0.95) return absl::StrCat("<1 ", micro);
  if (microseconds < 999.5) return absl::StrFormat("%.0f %s", microseconds, micro);
  if (microseconds < 999.5e3) return absl::StrCat(ThreeDigits(microseconds / 1e3), " ms");
  if (microseconds < 119.5e6) return absl::StrCat(ThreeDigits(microseconds / 1e6), " s");
  if (microseconds < 119.5 * 60e6) return absl::StrCat(ThreeDigits(microseconds / 60e6), " min");
  return absl::StrCat(ThreeDigits(microseconds / 3600e6), " h");
}

std::string FormatTime(double time, absl::string_view unit, bool unicode) {
  if (unit == "µs") return FormatMicroseconds(time, unicode);
  return absl::StrCat(FormatQuantity(time), " ", unit);
}

std::string FormatShare(uint64_t part, uint64_t whole) {
  if (whole == 0) return "-";
  if (part >= whole) return "100%";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > 0 && percent < 0.05) return "<0.1%";
  // All but a little of the whole is not all of it.
  return absl::StrFormat("%.1f%%", std::min(percent, 99.9));
}

std::string FormatRatio(uint64_t number, uint64_t base) {
  if (number <= base || base == 0) return FormatShare(number, base);
  const double percent = 100.0 * static_cast<double>(number) / static_cast<double>(base);
  return percent < 9999.5 ? absl::StrFormat("%.0f%%", percent) : ">9999%";
}

std::string FormatRoughShare(uint64_t part, uint64_t whole) {
  const double percent =
      whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (percent < 1.5 || percent >= 98.5) return FormatShare(part, whole);
  return absl::StrFormat("%.0f%%", percent);
}

std::string Counted(uint64_t count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(FormatExact(count), " ", count == 1 ? one : many);
}

std::string CleanText(absl::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const Character first = FirstCharacter(text);
    absl::StrAppend(&clean, first.is_plain ? text.substr(0, first.bytes) : "?");
    text.remove_prefix(first.bytes);
  }
  return clean;
}

std::string EscapeJson(absl::string_view json) {
  std::string escaped;
  while (!json.empty()) {
    const Character first = FirstCharacter(json);
    const absl::string_view bytes = json.substr(0, first.bytes);
    json.remove_prefix(first.bytes);
    if (first.is_plain || bytes == "\n") {
      absl::StrAppend(&escaped, bytes);
    } else if (first.bytes == 1) {
      absl::StrAppendFormat(&escaped, "\\u%04x", static_cast<unsigned char>(bytes[0]));
    } else {
      uint32_t point = static_cast<unsigned char>(bytes[0]) & (0x7fu >> first.bytes);
      for (const char c : bytes.substr(1))
        point = point << 6 | (static_cast<unsigned char>(c) & 0x3fu);
      absl::StrAppendFormat(&escaped, "\\u%04x", point);  // all of them have four digits
    }
  }
  return escaped;
}

std::string FitMiddle(absl::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  constexpr size_t kDots = 3;
  if (width <= kDots) return std::string(FirstColumns(text, width));
  const size_t tail = (width - kDots) * 2 / 3;  // a name's end says more than its start
  const size_t head = width - kDots - tail;
  return absl::StrCat(FirstColumns(text, head), "...", LastColumns(text, tail));
}

std::string FitEnd(absl::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  constexpr size_t kDots = 3;
  if (width <= kDots) return std::string(FirstColumns(text, width));
  return absl::StrCat(FirstColumns(text, width - kDots), "...");
}

std::vector<std::string> Wrap(absl::string_view text, size_t width) {
  std::vector<std::string> lines;
  size_t columns = 0;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const std::string fitting = FitEnd(word, width);
    const size_t word_columns = DisplayWidth(fitting);
    if (lines.empty() || columns + 1 + word_columns > width) {
      lines.push_back(fitting);
      columns = word_columns;
    } else {
      absl::StrAppend(&lines.back(), " ", fitting);
      columns += 1 + word_columns;
    }
  }
  return lines;
}

std::string PadLeft(absl::string_view text, size_t width) {
  const size_t columns = DisplayWidth(text);
  return absl::StrCat(std::string(columns < width ? width - columns : 0, ' '), text);
}

std::string PadRight(absl::string_view text, size_t width) {
  const size_t columns = DisplayWidth(text);
  return absl::StrCat(text, std::string(columns < width ? width - columns : 0, ' '));
}

}  // namespace memshim::analyzer::render
