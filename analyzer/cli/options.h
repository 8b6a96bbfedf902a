// Options of a command as one table: what --help lists is what the command takes. Manual pages and
// shell completion are made from --help (tools/).
#ifndef MEMSHIM_ANALYZER_CLI_OPTIONS_H_
#define MEMSHIM_ANALYZER_CLI_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::cli {

struct Option {
  std::string name;   // without dashes
  std::string value;  // what --help calls its value; empty: it takes none
  std::string help;   // may have several lines
  // Takes the value. The status is one line for the user.
  std::function<absl::Status(absl::string_view)> apply;
  bool is_last = false;  // what stands behind it does not matter: --help
};

// What an option does that only says yes: *where becomes `value`. The option outlives neither.
template <typename T>
std::function<absl::Status(absl::string_view)> Set(T* where, T value) {
  return [where, value](absl::string_view) {
    *where = value;
    return absl::OkStatus();
  };
}
// Of one whose value is taken as it is.
std::function<absl::Status(absl::string_view)> SetText(std::string* where);
// Of one whose value is a number from `least` to `most`.
std::function<absl::Status(absl::string_view)> SetNumber(
    std::string name, uint64_t least, std::function<void(uint64_t)> set,
    uint64_t most = std::numeric_limits<uint64_t>::max());

// Applies options, which may stand before, between and after what is none, as "--top=5" or
// "--top 5", and be shortened as long as they stay unique; returns the other words. "--" ends them.
// `command` is named in messages: "memshim diff".
absl::StatusOr<std::vector<std::string>> ParseOptions(const std::vector<std::string>& words,
                                                      const std::vector<Option>& options,
                                                      absl::string_view command);

// One or more lines for each option.
std::string OptionHelp(const std::vector<Option>& options);

// "expected VALUE for --NAME, found 'FOUND'".
absl::Status BadValue(absl::string_view name, absl::string_view expected, absl::string_view found);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_OPTIONS_H_
