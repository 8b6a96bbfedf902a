// See utf8.h. Table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above
// U+10FFFF.
#include "analyzer/dhat/utf8.h"

#include <cstdint>
#include <cstring>

namespace memshim::analyzer::dhat {
namespace {

// The length of the well-formed sequence at `offset`; 0 if there is none.
size_t SequenceLength(absl::string_view text, size_t offset) {
  const auto byte = [&](size_t i) -> uint8_t {
    return offset + i < text.size() ? static_cast<uint8_t>(text[offset + i]) : 0;
  };
  const auto is_tail = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return is_tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;
    const uint8_t high = lead == 0xED ? 0x9F : 0xBF;
    return byte(1) >= low && byte(1) <= high && is_tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;
    return byte(1) >= low && byte(1) <= high && is_tail(2) && is_tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

size_t FindInvalidUtf8(absl::string_view text) {
  size_t offset = 0;
  while (offset < text.size()) {
    uint64_t eight;
    if (offset + sizeof(eight) <= text.size()) {
      memcpy(&eight, text.data() + offset, sizeof(eight));
      if ((eight & 0x8080808080808080) == 0) {
        offset += sizeof(eight);
        continue;
      }
    }
    const size_t length = SequenceLength(text, offset);
    if (length == 0) return offset;
    offset += length;
  }
  return absl::string_view::npos;
}

std::string MakeValidUtf8(absl::string_view text) {
  std::string valid;
  while (true) {
    const size_t wrong = FindInvalidUtf8(text);
    if (wrong == absl::string_view::npos) break;
    valid.append(text.data(), wrong);
    valid.append("\xEF\xBF\xBD");
    text.remove_prefix(wrong + 1);
  }
  valid.append(text.data(), text.size());
  return valid;
}

}  // namespace memshim::analyzer::dhat
