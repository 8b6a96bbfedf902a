// Leaks that are known and accepted, in the syntax of LeakSanitizer's suppression files:
//   # a comment
//   leak:PATTERN      (PlacePattern::Wildcard)
// A block is suppressed when any frame of its stack matches. What the C and C++ runtimes keep is
// told by the call sites (metrics/site.h) and needs no suppression.
#ifndef MEMSHIM_ANALYZER_CHECK_SUPPRESSIONS_H_
#define MEMSHIM_ANALYZER_CHECK_SUPPRESSIONS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "analyzer/check/place.h"

namespace memshim::analyzer::check {

struct Suppression {
  PlacePattern pattern;
  std::string origin;  // "file:line", for people
};

// Adds the suppressions of a file's text. The status is one line that names `file` and the line.
absl::Status ParseSuppressions(absl::string_view text, const std::string& file,
                               std::vector<Suppression>* suppressions);

}  // namespace memshim::analyzer::check

#endif  // MEMSHIM_ANALYZER_CHECK_SUPPRESSIONS_H_
