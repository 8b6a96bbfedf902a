// See frame_text.h. The location is looked for from the end, because names of C++ functions hold
// parentheses, blanks and colons of their own while a location holds none of " (".
#include "analyzer/dhat/frame_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace memshim::analyzer::dhat {
namespace {

constexpr absl::string_view kUnknown = "???";

// Takes "0x10A81D: " off the front of `text`. Returns 0 and takes nothing if it is not there.
uint64_t TakeAddress(absl::string_view* text) {
  if (!absl::StartsWith(*text, "0x")) return 0;
  const size_t colon = text->find(": ");
  if (colon == absl::string_view::npos) return 0;
  uint64_t address = 0;
  if (!absl::SimpleHexAtoi(text->substr(0, colon), &address)) return 0;
  text->remove_prefix(colon + 2);
  return address;
}

// Takes ":digits" off the end of `text`. A number too large for a line counts as unknown (0).
bool TakeTrailingNumber(absl::string_view* text, uint32_t* number) {
  size_t begin = text->size();
  while (begin > 0 && absl::ascii_isdigit((*text)[begin - 1])) --begin;
  if (begin == text->size() || begin == 0 || (*text)[begin - 1] != ':') return false;
  if (!absl::SimpleAtoi(text->substr(begin), number)) *number = 0;
  text->remove_suffix(text->size() - begin + 1);
  return true;
}

// memshim writes "/usr/lib/libx.so+0x1234" where it has no name for the function.
absl::string_view WithoutOffset(absl::string_view path) {
  const size_t plus = path.rfind("+0x");
  uint64_t offset = 0;
  const bool has_offset =
      plus != absl::string_view::npos && absl::SimpleHexAtoi(path.substr(plus + 1), &offset);
  return has_offset ? path.substr(0, plus) : path;
}

// Reads "file:line" and dhat-rs's "file:line:column". False if `location` is neither.
bool ParseLocation(absl::string_view location, FrameParts* parts) {
  uint32_t last = 0;
  if (!TakeTrailingNumber(&location, &last)) return false;
  uint32_t line = last;
  TakeTrailingNumber(&location, &line);  // then `last` was a column
  if (location != kUnknown && !location.empty()) {
    parts->file = location;
    parts->line = line;
  }
  return true;
}

}  // namespace

FrameParts ParseFrameText(absl::string_view text) {
  FrameParts parts;
  parts.address = TakeAddress(&text);
  if (absl::EndsWith(text, ")")) {
    const absl::string_view inner = text.substr(0, text.size() - 1);
    const size_t in = inner.rfind(" (in ");
    const size_t open = inner.rfind(" (");
    if (in != absl::string_view::npos) {
      const absl::string_view path = WithoutOffset(inner.substr(in + 5));
      if (path != kUnknown) parts.module_path = path;
      text = text.substr(0, in);
    } else if (open != absl::string_view::npos && ParseLocation(inner.substr(open + 2), &parts)) {
      text = text.substr(0, open);
    }
  }
  // "[root]", "[frames cut]" and their like stand for no code.
  const bool is_pseudo = parts.address == 0 && absl::StartsWith(text, "[");
  if (text != kUnknown && !is_pseudo) parts.function = text;
  return parts;
}

}  // namespace memshim::analyzer::dhat
