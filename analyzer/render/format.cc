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

bool IsTail(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

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

// The byte offset of the column `column`.
size_t OffsetOf(absl::string_view text, size_t column) {
  size_t offset = 0;
  while (offset < text.size() && column > 0) {
    ++offset;
    while (offset < text.size() && IsTail(text[offset])) ++offset;
    --column;
  }
  return offset;
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
  if (microseconds < 99.95e6) return absl::StrCat(ThreeDigits(microseconds / 1e6), " s");
  if (microseconds < 6000e6) return absl::StrFormat("%.0f min", microseconds / 60e6);
  return absl::StrFormat("%.1f h", microseconds / 3600e6);
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

std::string FormatRoughShare(uint64_t part, uint64_t whole) {
  const double percent =
      whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (percent < 1.5 || percent >= 98.5) return FormatShare(part, whole);
  return absl::StrFormat("%.0f%%", percent);
}

std::string Counted(uint64_t count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(FormatExact(count), " ", count == 1 ? one : many);
}

size_t DisplayWidth(absl::string_view text) {
  size_t width = 0;
  for (char c : text) width += IsTail(c) ? 0 : 1;
  return width;
}

namespace {

// The first character of `text`: its bytes, and whether a terminal may get it. What is no UTF-8 has
// one byte. (The shim has the same for its own lines.)
struct Character {
  size_t bytes;
  bool is_plain;
};
Character FirstCharacter(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {1, lead >= 0x20 && lead != 0x7f};
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {1, false};
  uint32_t point = lead & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {1, false};
    point = point << 6 | (byte(i) & 0x3fu);
  }
  // C1 controls, and marks that turn the direction of writing round.
  const bool is_obeyed =
      point < 0xa0 || (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
  return {length, !is_obeyed};
}

}  // namespace

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
  const size_t columns = DisplayWidth(text);
  if (columns <= width) return std::string(text);
  constexpr size_t kDots = 3;
  if (width <= kDots) return std::string(text.substr(0, OffsetOf(text, width)));
  const size_t tail = (width - kDots) * 2 / 3;  // a name's end says more than its start
  const size_t head = width - kDots - tail;
  return absl::StrCat(text.substr(0, OffsetOf(text, head)), "...",
                      text.substr(OffsetOf(text, columns - tail)));
}

std::string FitEnd(absl::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  constexpr size_t kDots = 3;
  if (width <= kDots) return std::string(text.substr(0, OffsetOf(text, width)));
  return absl::StrCat(text.substr(0, OffsetOf(text, width - kDots)), "...");
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
