// Leaves out points by what stands in their stacks, before a profile is written in any format.
#ifndef MEMSHIM_ANALYZER_CONVERT_FILTER_H_
#define MEMSHIM_ANALYZER_CONVERT_FILTER_H_

#include <string>

#include "absl/status/status.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::convert {

// Regular expressions in RE2's syntax that are searched for in the texts of frames, as a viewer
// shows them: "0x4011F3: make_node (tree.cc:12)". Empty: not given.
struct Filter {
  std::string focus;   // only points with a frame that matches
  std::string ignore;  // no point with a frame that matches

  bool is_given() const { return !focus.empty() || !ignore.empty(); }
};

// Fails on an expression that is none: one line for the user.
absl::Status CheckFilter(const Filter& filter);

// What is only known of the whole program goes: timeline, resident set size. A note says what the
// profile is a part of. Requires: CheckFilter() found nothing.
void ApplyFilter(const Filter& filter, model::Profile* profile);

}  // namespace memshim::analyzer::convert

#endif  // MEMSHIM_ANALYZER_CONVERT_FILTER_H_
