// See run_command.h.
#include "analyzer/cli/run_command.h"

#include "analyzer/cli/output_text.h"
#include "analyzer/cli/run_arguments.h"
#include "analyzer/run/run.h"

namespace memshim::analyzer::cli {

int RunRun(const std::vector<std::string>& args) {
  const absl::StatusOr<RunArguments> arguments = ParseRunArguments(args);
  if (!arguments.ok()) {
    PrintNote(arguments.status().message());
    return run::kRunFailed;
  }
  if (arguments->is_help) return PrintOutput(kRunHelp);
  return run::Run(arguments->options, PrintNote);
}

}  // namespace memshim::analyzer::cli
