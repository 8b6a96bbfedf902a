// A text of bounded length built in place: paths, messages, decimal numbers. No locale, no heap.
// Context: start, exit, fork-child. Locks: none. Allocates: no. Signals: safe.
#ifndef MEMSHIM_SHIM_BASE_TEXT_H_
#define MEMSHIM_SHIM_BASE_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace memshim::base {

// The first character of `text` as a terminal may get it: its bytes, or 0 where it is a control
// character, a mark that turns the direction of writing round, or no UTF-8. Requires: not empty.
size_t BytesOfPlainCharacter(std::string_view text);

template <size_t kCapacity>
class Text {
 public:
  constexpr Text() = default;  // constant-initialized: globals live before any constructor
  explicit Text(std::string_view text) : Text() { Append(text); }

  // Appends what fits; overflowed() tells that something was cut.
  Text& Append(std::string_view text) {
    for (const char c : text) AppendChar(c);
    return *this;
  }
  Text& AppendChar(char c) {
    if (size_ + 1 >= kCapacity) {
      is_overflowed_ = true;
    } else {
      bytes_[size_++] = c;
      bytes_[size_] = '\0';
    }
    return *this;
  }
  // For a terminal: what it might obey becomes '?'.
  Text& AppendPlain(std::string_view text) {
    while (!text.empty()) {
      const size_t bytes = BytesOfPlainCharacter(text);
      if (bytes == 0) AppendChar('?');
      Append({text.data(), bytes});
      text.remove_prefix(bytes == 0 ? 1 : bytes);
    }
    return *this;
  }
  Text& AppendHex(uint64_t value) {
    Append("0x");
    int shift = 60;
    while (shift > 0 && value >> shift == 0) shift -= 4;
    for (; shift >= 0; shift -= 4) AppendChar("0123456789abcdef"[value >> shift & 15]);
    return *this;
  }
  Text& AppendNumber(uint64_t value) {
    char digits[20];
    int n = 0;
    do {
      digits[n++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    while (n > 0) AppendChar(digits[--n]);
    return *this;
  }
  void Clear() {
    size_ = 0;
    bytes_[0] = '\0';
    is_overflowed_ = false;
  }
  bool overflowed() const { return is_overflowed_; }
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  const char* c_str() const { return bytes_; }
  std::string_view view() const { return {bytes_, size_}; }

 private:
  size_t size_ = 0;
  bool is_overflowed_ = false;
  char bytes_[kCapacity] = {};
};

inline constexpr size_t kPathCapacity = 4096;
using Path = Text<kPathCapacity>;

// The decimal number at the start of `text`, which is cut behind it; false when there is none or
// it passes 64 bits.
bool ConsumeNumber(std::string_view* text, uint64_t* value);

// The folder of a path without its last slash: "/a/b" -> "/a", "/a" -> "/", "a" -> ".".
std::string_view FolderOf(std::string_view path);

// The last part of a path: "/a/b" -> "b".
std::string_view NameOf(std::string_view path);

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_TEXT_H_
