// See markdown.h.
#include "analyzer/render/markdown.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
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
  // A bar ends a cell even inside code unless it is escaped.
  std::string code;
  for (const char c : clean) absl::StrAppend(&code, c == '|' ? "\\|" : std::string(1, c));
  const std::string fence(LongestTicks(clean) + 1, '`');
  const char* const space = clean.front() == '`' || clean.back() == '`' ? " " : "";
  return absl::StrCat(fence, space, code, space, fence);
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
