// The processes of one run and what was recorded of them.
#ifndef MEMSHIM_ANALYZER_RUN_PROCESS_TREE_H_
#define MEMSHIM_ANALYZER_RUN_PROCESS_TREE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::run {

// One recorded program in one process; exec begins another.
struct RecordedProcess {
  uint64_t pid = 0;
  std::string command;
  uint64_t total_bytes = 0;
  uint64_t peak_bytes = 0;
  uint64_t end_bytes = 0;
  model::Ending ending = model::Ending::kUnknown;
  int exit_status = 0;
  int signal = 0;           // that ended it, where that is known: of the first process
  std::string path;         // of its profile
  bool is_written = false;  // the profile is there; else it was a snapshot of a running process
};

struct ProcessTree {
  std::vector<RecordedProcess> processes;  // largest total first
  std::vector<std::string> failures;       // what could not be read or written, one line each
  std::string merged_path;                 // of the sum of all, "" when there is none
};

// Finishes all that dead processes have left for `output` since `start_unix_ms`, the first
// process's (`first_pid`: it may lie beside an output that another's has taken, or where ledgers
// go, `ledger_folder` if that was given) and those of its descendants. Profiles of processes that
// still run are snapshots, and nothing is written for them.
ProcessTree FinishTree(const std::string& output, uint64_t start_unix_ms, int first_pid,
                       const std::string& ledger_folder);

// Makes `output` the sum of all profiles that are finished, if there are several; the first
// process's own moves to the folder of the others.
absl::Status MergeTree(const std::string& output, ProcessTree* tree);

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_PROCESS_TREE_H_
