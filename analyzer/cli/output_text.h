// Standard output and standard error of the commands.
#ifndef MEMSHIM_ANALYZER_CLI_OUTPUT_TEXT_H_
#define MEMSHIM_ANALYZER_CLI_OUTPUT_TEXT_H_

#include "absl/strings/string_view.h"

namespace memshim::analyzer::cli {

// Exit statuses of all commands; see docs and --help.
inline constexpr int kDone = 0;
inline constexpr int kWrongUsage = 2;
inline constexpr int kUnreadableInput = 3;
inline constexpr int kOutputFailed = 4;

// Writes all of `text` to standard output. Returns kDone or, after one line of error,
// kOutputFailed; a reader that went away, as in "| head", is not worth a line.
int PrintOutput(absl::string_view text);

// "memshim-report: MESSAGE" on standard error, on one line whatever is in it.
void PrintError(absl::string_view message);

// "memshim: MESSAGE" on standard error, on one line.
void PrintNote(absl::string_view message);

// Ends the process at once, with whatever profiles are still in memory: to give back the parts of
// a large one takes a tenth of the time of a command. Nothing may be left to write.
[[noreturn]] void EndProcess(int status);

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_OUTPUT_TEXT_H_
