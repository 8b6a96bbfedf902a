// What standard output is.
#ifndef MEMSHIM_ANALYZER_CLI_TERMINAL_H_
#define MEMSHIM_ANALYZER_CLI_TERMINAL_H_

namespace memshim::analyzer::cli {

bool TerminalTakesColor();
bool LocaleTakesUtf8();

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_TERMINAL_H_
