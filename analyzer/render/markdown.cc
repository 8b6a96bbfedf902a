// See markdown.h.
#include "analyzer/render/markdown.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "analyzer/dhat/utf8.h"
#include "analyzer/render/format.h"

namespace memshim::analyzer::render {
namespace {

// The longest run of backticks.
size_t LongestTicks(absl::string_view text) {
  size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

}  // namespace

std::string MarkdownCode(absl::string_view text) {
  const std::string clean = dhat::MakeValidUtf8(CleanText(text));
  if (clean.empty()) return "";
  const std::string fence(LongestTicks(clean) + 1, '`');
  // One space on both sides is taken for the fence's.
  const auto needs_space = [](char c) { return c == '`' || c == ' '; };
  const char* const space = needs_space(clean.front()) || needs_space(clean.back()) ? " " : "";
  return absl::StrCat(fence, space, clean, space, fence);
}

std::string MarkdownCellCode(absl::string_view text) {
  return absl::StrReplaceAll(MarkdownCode(text), {{"|", "\\|"}});
}

std::string MarkdownText(absl::string_view text) {
  constexpr absl::string_view kMarkup = "\\`*_{}[]()<>#|~&!";
  std::string result;
  for (const char c : dhat::MakeValidUtf8(CleanText(text))) {
    if (kMarkup.find(c) != absl::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

}  // namespace memshim::analyzer::render
