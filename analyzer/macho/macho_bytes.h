// Numbers in files.
#ifndef MEMSHIM_ANALYZER_MACHO_MACHO_BYTES_H_
#define MEMSHIM_ANALYZER_MACHO_MACHO_BYTES_H_

#include <bit>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"

namespace memshim::analyzer::macho {

static_assert(std::endian::native == std::endian::little);

// 0 where `bytes` is too short.
template <typename T>
T LittleEndian(absl::string_view bytes, uint64_t offset) {
  T value = 0;
  if (offset <= bytes.size() && sizeof(T) <= bytes.size() - offset) {
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
  }
  return value;
}
inline uint32_t BigEndian32(absl::string_view bytes, uint64_t offset) {
  return __builtin_bswap32(LittleEndian<uint32_t>(bytes, offset));
}
inline uint64_t BigEndian64(absl::string_view bytes, uint64_t offset) {
  return __builtin_bswap64(LittleEndian<uint64_t>(bytes, offset));
}

// The text at `offset`, up to its zero or the end.
inline absl::string_view TextAt(absl::string_view bytes, uint64_t offset) {
  if (offset >= bytes.size()) return "";
  const absl::string_view rest = bytes.substr(offset);
  return rest.substr(0, rest.find('\0'));
}

}  // namespace memshim::analyzer::macho

#endif  // MEMSHIM_ANALYZER_MACHO_MACHO_BYTES_H_
