// The options of the convert command, as given on the command line.
#ifndef MEMSHIM_ANALYZER_CLI_CONVERT_ARGUMENTS_H_
#define MEMSHIM_ANALYZER_CLI_CONVERT_ARGUMENTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analyzer/convert/formats.h"
#include "analyzer/metrics/selection.h"

namespace memshim::analyzer::cli {

struct ConvertArguments {
  bool asks_for_help = false;
  const convert::Format* format = nullptr;  // not null, but where help is asked for
  convert::Request request;
  metrics::Selection selection;
  bool is_lifetime_in_seconds = false;  // the range of lifetimes is in microseconds
  std::string in, out;                  // out "-": standard output
};

// The status is one line for the user.
absl::StatusOr<ConvertArguments> ParseConvertArguments(const std::vector<std::string>& args);

std::string ConvertHelp();

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_CONVERT_ARGUMENTS_H_
