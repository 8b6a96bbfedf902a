// The help of the report command: a screen of 80 columns and 24 lines.
#include "analyzer/cli/report_arguments.h"

namespace memshim::analyzer::cli {

const char kReportHelp[] =
    R"(Usage: memshim-report [OPTION]... FILE
FILE: dhat-heap.json, a ledger, or a file of valgrind --tool=dhat or dhat-rs.
  --sort=KEY      one table in full: total-bytes total-blocks peak peak-blocks
                  end end-blocks short-lived temporary resizes slack
  --leaks         what is left at the end, by suspicion
  --tree=down|up  calls, from the callers down or from the call sites up
  --annotate=SRC  the lines of a source file
  --by=WHAT       rows: site function file module thread process
  --focus=RE --ignore=RE   only stacks with, or without, a frame that matches
  --hide=RE       leave out frames that match: their callers are charged
  --size=A..B --lifetime=A..B   only points with such averages: 1K.., 1ms..2s
  --min-pct=N     leave out rows with a smaller share
  --top=N         at most N rows in a table
  --depth=N       N callers below each row
  --histograms    sizes and lifetimes below each row
  --full-names    functions with parameters and template arguments
  --json          everything, exact, for programs (docs/report_json.md)
  --html=OUT --before=OLD   a page for the browser; what changed since OLD
  --width=N --no-color --no-pager --help --version
Known names: --inuse_space --inuse_objects --alloc_space --alloc_objects
Sizes are decimal: 1 KB is 1,000 bytes. Exit status: 0 done, 2 wrong usage,
3 FILE cannot be read or does not tell that, 4 the report cannot be written.
)";

}  // namespace memshim::analyzer::cli
