// See characters.h.
#include "analyzer/render/characters.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace memshim::analyzer::render {
namespace {

struct Range {
  uint32_t first, last;
};

// Blocks of Unicode whose characters are wide (East Asian Width W and F), and emoji.
constexpr Range kWide[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x4dbf},   {0x4e00, 0xa4cf},  {0xa960, 0xa97c},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},  {0xffe0, 0xffe6},
    {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
// Marks over the character before, joiners and selectors.
constexpr Range kNoColumn[] = {
    {0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};

template <size_t kCount>
bool IsIn(const Range (&ranges)[kCount], uint32_t point) {
  return std::any_of(std::begin(ranges), std::end(ranges), [point](const Range& range) {
    return point >= range.first && point <= range.last;
  });
}

size_t ColumnsOf(uint32_t point) {
  if (point < 0x300) return 1;
  return IsIn(kNoColumn, point) ? 0 : IsIn(kWide, point) ? 2 : 1;
}

}  // namespace

Character FirstCharacter(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {1, lead >= 0x20 && lead != 0x7f, 1};
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {1, false, 1};
  uint32_t point = lead & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {1, false, 1};
    point = point << 6 | (byte(i) & 0x3fu);
  }
  // C1 controls, and marks that turn the direction of writing round.
  const bool is_obeyed =
      point < 0xa0 || (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
  return {length, !is_obeyed, ColumnsOf(point)};
}

size_t DisplayWidth(absl::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Character first = FirstCharacter(text);
    width += first.columns;
    text.remove_prefix(first.bytes);
  }
  return width;
}

absl::string_view FirstColumns(absl::string_view text, size_t columns) {
  size_t end = 0;
  for (size_t taken = 0; end < text.size();) {
    const Character next = FirstCharacter(text.substr(end));
    taken += next.columns;
    if (taken > columns) break;
    end += next.bytes;
  }
  return text.substr(0, end);
}

absl::string_view LastColumns(absl::string_view text, size_t columns) {
  size_t left = DisplayWidth(text);
  while (left > columns) {
    const Character first = FirstCharacter(text);
    left -= first.columns;
    text.remove_prefix(first.bytes);
  }
  return text;
}

}  // namespace memshim::analyzer::render
