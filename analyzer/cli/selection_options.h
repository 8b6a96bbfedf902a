// The options by which a part of a profile is chosen, for every command that takes them.
#ifndef MEMSHIM_ANALYZER_CLI_SELECTION_OPTIONS_H_
#define MEMSHIM_ANALYZER_CLI_SELECTION_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "analyzer/cli/options.h"
#include "analyzer/metrics/selection.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::cli {

// --focus, --ignore, --hide, --size and --lifetime, of which the last may be given in seconds: then
// the range is in microseconds. What is pointed at must live as long as the options.
std::vector<Option> SelectionOptions(metrics::Selection* selection, bool* is_lifetime_in_seconds);

// One line for the user where the profile read from `file` does not tell what was asked for.
absl::Status CheckIsTold(const metrics::Selection& selection, bool is_lifetime_in_seconds,
                         const std::string& file, const model::Profile& profile);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_SELECTION_OPTIONS_H_
