// What the user asked for and where things lie: set once by the constructor, kept over fork.
// Context: start. Locks: none. Allocates: no.
#ifndef MEMSHIM_SHIM_HOOKS_CONFIG_H_
#define MEMSHIM_SHIM_HOOKS_CONFIG_H_

#include "shim/base/text.h"

namespace memshim::hooks {

struct Config {
  bool is_ready;               // the constructor has run
  bool has_only;               // only= is given
  bool is_off;                 // record nothing (set-user-ID program, or not of those of only=)
  bool is_unfolded;            // fold=off
  bool is_followed;            // follow=on: children record, too
  bool is_verified;            // verify=on: each stack is compared with libunwind's
  bool is_silent;              // quiet=1
  bool is_announced;           // the three lines go to descriptor 2
  int depth;                   // frames recorded of each stack
  int wait_seconds;            // for the analyzer at the end
  int first_pid;               // of the first process, as memshim run has said; 0: ancestry tells
  base::Path output_pattern;   // as given; "" for the default
  base::Path start_directory;  // which relative outputs start from
  base::Path dir;              // folder for the ledger, "" beside the output
  base::Path analyzer;         // path of memshim-report, "" when not given
  base::Path executable;
  base::Path bypass;         // "malloc in PATH": what the program uses past us, or ""
  base::Path runtime_dir;    // $XDG_RUNTIME_DIR
  base::Path temporary_dir;  // $TMPDIR
  base::Text<64> unwinder;
  base::Text<8192> messages;  // what is wrong with the options, and help: the first process says it
  base::Text<32768> command;  // the arguments, each with a zero behind it
};

// Reads MEMSHIM_OPTIONS and the surroundings. Warnings go to config->messages, one line each.
void ReadConfig(int argc, char** argv, char** envp, Config* config);

// The absolute output path of process `pid`: %p %e %h %n replaced. %n is `image`, the number of
// programs that ran in the process before this one.
void ExpandOutput(const Config& config, int pid, unsigned image, base::Path* path);

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_CONFIG_H_
