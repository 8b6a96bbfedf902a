// MEMSHIM_OPTIONS as text: key=value:key=value, \: and \\ in a value; docs/options.md. What the
// keys mean is the shim's business; here they are looked up and added.
#ifndef MEMSHIM_ANALYZER_RUN_OPTION_TEXT_H_
#define MEMSHIM_ANALYZER_RUN_OPTION_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace memshim::analyzer::run {

// The value of a key, the last one if there are several, as in the shim; "" when there is none.
std::string FindOption(absl::string_view options, absl::string_view key);

// Adds key=value behind what is there, so that it counts.
void AddOption(absl::string_view key, absl::string_view value, std::string* options);

// An output pattern as the shim understands it, for one process: absolute, with %p, %e, %h and %%
// replaced.
struct OutputNames {
  std::string start_directory;
  int pid = 0;
  std::string executable;
};
std::string ExpandOutput(absl::string_view pattern, const OutputNames& names);

// A path as an output pattern that names it: without anything to replace.
std::string AsPattern(absl::string_view path);

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_OPTION_TEXT_H_
