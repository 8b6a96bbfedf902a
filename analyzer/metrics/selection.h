// The part of a profile that a question is about: points chosen by their stacks and by what their
// blocks are like, with pprof's meanings of focus, ignore and hide.
#ifndef MEMSHIM_ANALYZER_METRICS_SELECTION_H_
#define MEMSHIM_ANALYZER_METRICS_SELECTION_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::metrics {

struct Range {
  double least = 0;
  double most = std::numeric_limits<double>::infinity();

  bool Holds(double value) const { return value >= least && value <= most; }
};

// Expressions are RE2's, as pprof's; a frame matches by its function, its file or its module, in
// any part of them. Empty: not asked for.
struct Selection {
  std::string focus = {};   // points with a frame that matches
  std::string ignore = {};  // points without one
  std::string hide = {};  // frames that match are left out of stacks, so that callers are charged;
                          // a point of whose stack nothing is left is left out, too
  std::optional<Range> lifetime = {};  // of a point's blocks on average, in Profile::time_unit
  std::optional<Range> size = {};      // requested by a point's blocks on average, in bytes

  bool IsEverything() const {
    return focus.empty() && ignore.empty() && hide.empty() && !lifetime && !size;
  }
};

// One line that says what is wrong with a regular expression.
absl::Status CheckExpression(absl::string_view expression);

// Leaves in the profile what is selected, of points and of requests that failed; the latter have
// neither sizes nor lifetimes. Requires: CheckExpression() of all expressions is ok.
void Select(const Selection& selection, model::Profile* profile);

// What is known of the whole program only goes, and a note says what the profile is a part of: for
// who reads it without knowing the question. `all`: points before Select().
void LeaveOutTheWhole(const Selection& selection, size_t all, model::Profile* profile);

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_SELECTION_H_
