// Names of places in a program: what a suppression or a budget speaks of. A place is a function, a
// source file or a module.
#ifndef MEMSHIM_ANALYZER_CHECK_PLACE_H_
#define MEMSHIM_ANALYZER_CHECK_PLACE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "analyzer/model/profile.h"
#include "re2/re2.h"

namespace memshim::analyzer::check {

struct Place {
  absl::string_view function, file, module;  // empty when unknown
};

class PlacePattern {
 public:
  PlacePattern() = default;  // matches nothing

  // A function with or without parameters and template arguments, a file or a module with or
  // without its folder.
  static PlacePattern Name(std::string name);
  // Found anywhere in a function, file or module.
  static absl::StatusOr<PlacePattern> Regex(std::string expression);
  // As behind LeakSanitizer's "leak:", to the letter: found anywhere; '*' stands for any text, '^'
  // at the start and '$' for those of the name. What stands before '$' is its first occurrence:
  // "foo$" is not found in "foo_foo", which "*_foo$" is.
  static PlacePattern Wildcard(std::string pattern);

  bool Matches(const Place& place) const;
  const std::string& text() const { return text_; }

 private:
  bool MatchesText(absl::string_view text) const;

  enum class Syntax { kNothing, kName, kRegex, kWildcard };
  Syntax syntax_ = Syntax::kNothing;
  std::string text_;
  std::shared_ptr<const RE2> expression_;
};

// For each frame of the profile, whether its place matches.
std::vector<bool> MatchingFrames(const model::Profile& profile, const PlacePattern& pattern);

// Whether `text` matches a pattern of Wildcard().
bool MatchesWildcard(absl::string_view pattern, absl::string_view text);

}  // namespace memshim::analyzer::check

#endif  // MEMSHIM_ANALYZER_CHECK_PLACE_H_
