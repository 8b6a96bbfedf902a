// See text.h.
#include "shim/base/text.h"

namespace memshim::base {

namespace {
constexpr size_t kNone = ~size_t{0};

size_t LastSlash(std::string_view path) {
  for (size_t i = path.size(); i > 0; --i) {
    if (path[i - 1] == '/') return i - 1;
  }
  return kNone;
}
}  // namespace

bool ConsumeNumber(std::string_view* text, uint64_t* value) {
  size_t n = 0;
  uint64_t result = 0;
  while (n < text->size() && (*text)[n] >= '0' && (*text)[n] <= '9') {
    if (__builtin_mul_overflow(result, uint64_t{10}, &result) ||
        __builtin_add_overflow(result, static_cast<uint64_t>((*text)[n] - '0'), &result)) {
      return false;
    }
    ++n;
  }
  if (n == 0) return false;
  text->remove_prefix(n);
  *value = result;
  return true;
}

size_t BytesOfPlainCharacter(std::string_view text) {
  constexpr uint32_t kFirstOfLength[] = {0, 0, 0x80, 0x800, 0x10000};
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  uint32_t point = lead & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    point = point << 6 | (byte(i) & 0x3fu);
  }
  const bool is_well_formed =
      point >= kFirstOfLength[length] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
  const bool turns_round =
      (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
  return is_well_formed && point >= 0xa0 && !turns_round ? length : 0;
}

std::string_view FolderOf(std::string_view path) {
  const size_t slash = LastSlash(path);
  if (slash == kNone) return ".";
  if (slash == 0) return "/";
  return {path.data(), slash};
}

std::string_view NameOf(std::string_view path) {
  const size_t slash = LastSlash(path);
  if (slash == kNone) return path;
  return {path.data() + slash + 1, path.size() - slash - 1};
}

}  // namespace memshim::base
