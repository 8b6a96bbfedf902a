// See function_name.h.
#include "analyzer/metrics/function_name.h"

#include "absl/strings/match.h"

namespace memshim::analyzer::metrics {
namespace {

// Parentheses that belong to the name itself.
constexpr absl::string_view kAnonymous = "(anonymous namespace)";
constexpr absl::string_view kCallOperator = "()(";

bool EndsWithOperator(absl::string_view text) {
  return absl::EndsWith(text, "operator") &&
         (text.size() == 8 || text[text.size() - 9] == ':' || text[text.size() - 9] == ' ');
}

}  // namespace

absl::string_view QualifiedName(absl::string_view function) {
  // "getpwuid_r@@GLIBC_2.2.5": symbol versions are not part of the name.
  function = function.substr(0, function.find('@'));
  // Rust: "<alloc::vec::Vec<T> as core::iter::Extend<T>>::extend" has no parameters.
  if (absl::StartsWith(function, "<")) return function;
  size_t begin = 0;
  int depth = 0;  // of <>, {} and [] together: "{lambda(int)#1}" is one piece
  for (size_t i = 0; i < function.size(); ++i) {
    const absl::string_view before = function.substr(0, i);
    const absl::string_view rest = function.substr(i);
    if (depth == 0 && EndsWithOperator(before)) {
      // "operator<<(", "operator()(", "operator new(": all up to the parameters is the name.
      const size_t open = rest.find('(', absl::StartsWith(rest, kCallOperator) ? 2 : 0);
      return open == absl::string_view::npos ? function.substr(begin)
                                             : function.substr(begin, i + open - begin);
    }
    const char c = function[i];
    if (c == '<' || c == '{' || c == '[') ++depth;
    if ((c == '>' && (i == 0 || function[i - 1] != '-')) || c == '}' || c == ']') --depth;
    if (depth != 0) continue;
    if (absl::StartsWith(rest, kAnonymous)) {
      i += kAnonymous.size() - 1;
    } else if (c == '(') {
      if (i > begin) return function.substr(begin, i - begin);
      return function;  // "(below main)", or a function type as return type
    } else if (c == ' ') {
      begin = i + 1;
    }
  }
  return begin < function.size() ? function.substr(begin) : function;
}

}  // namespace memshim::analyzer::metrics
