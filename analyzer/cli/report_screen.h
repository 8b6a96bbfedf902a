// What the terminal, or the environment in its place, says of how a report may look.
#ifndef MEMSHIM_ANALYZER_CLI_REPORT_SCREEN_H_
#define MEMSHIM_ANALYZER_CLI_REPORT_SCREEN_H_

#include <cstddef>

namespace memshim::analyzer::cli {

struct Screen {
  bool is_terminal = false;  // standard output
  bool takes_color = false;
  bool takes_utf8 = true;
  size_t columns = 0;
  size_t lines = 0;  // without that of the next prompt
};

// The size is the terminal's, unless COLUMNS and LINES say otherwise; a file or a pipe gets 100
// columns and 40 lines.
Screen FindScreen();

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_REPORT_SCREEN_H_
