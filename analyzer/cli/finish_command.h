// `memshim-report --finish [--announce] LEDGER`: what the shim runs at the end of a process.
#ifndef MEMSHIM_ANALYZER_CLI_FINISH_COMMAND_H_
#define MEMSHIM_ANALYZER_CLI_FINISH_COMMAND_H_

#include <string>

namespace memshim::analyzer::cli {

// Turns the ledger ("-": standard input) into the profile it names. `is_announced`: the totals,
// where the profile is and the next command go to standard error. Ends the process, or returns the
// exit status of a failure.
int RunFinish(const std::string& ledger_path, bool is_announced);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_FINISH_COMMAND_H_
