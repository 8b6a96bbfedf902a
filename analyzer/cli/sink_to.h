// Writes what a command makes: to standard output, or to a file that appears whole or not at all.
#ifndef MEMSHIM_ANALYZER_CLI_SINK_TO_H_
#define MEMSHIM_ANALYZER_CLI_SINK_TO_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "analyzer/dhat/sink_stream.h"

namespace memshim::analyzer::cli {

// Path "-": standard output. Returns kDone or, after one line of error, kOutputFailed.
int WriteTo(const std::string& path, absl::FunctionRef<void(dhat::ByteSink*)> write);

// Whether two paths lead to one file: what a command reads it must not write.
bool AreSameFile(const std::string& a, const std::string& b);

// An error if `output`, the file of `option`, is among `inputs`. Empty paths are no files.
absl::Status CheckIsNoInput(absl::string_view option, const std::string& output,
                            const std::vector<std::string>& inputs);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_SINK_TO_H_
