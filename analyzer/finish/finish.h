// From ledgers to profiles: which ledgers belong to an output, which of them may be finished, and
// the finishing. Called by the shim (memshim-report --finish) and by the report command.
//
//   <output>                         the newest first process
//   <output>.<pid>[.<n>].ledger      first processes, running, killed, or replaced by exec
//   <output>.d/<pid>.json            descendants, older runs and replaced images, when finished
#ifndef MEMSHIM_ANALYZER_FINISH_FINISH_H_
#define MEMSHIM_ANALYZER_FINISH_FINISH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::finish {

// A profile as it was written, and where to.
struct Finished {
  std::string path;
  model::Profile profile;
};

// At the end of a process: writes the profile of a ledger ("-": from standard input) to the
// output it names, and removes the ledger. When the output's folder cannot be written to, the
// profile goes to the first folder for ledgers that can.
absl::StatusOr<Finished> FinishLedger(const std::string& ledger_path);

// Before a report on `output`: finishes what processes have left for it whose recording is over,
// the newest into `output` itself. Of a process that is still running it returns a snapshot and
// writes nothing. Nullopt: there was nothing newer than `output`, which is to be read as it is.
absl::StatusOr<std::optional<model::Profile>> FinishFor(const std::string& output);

// Writes a profile, small enough for DHAT's viewer unless it is to keep every point.
absl::Status WriteFitting(model::Profile profile, bool is_unfolded, const std::string& path);

// Another process of the same run, recorded into "<output>.d".
struct Descendant {
  int pid = 0;
  std::string command;
  std::string path;  // of its profile, which exists already or is made when asked for
  uint64_t total_bytes = 0;
};

// The descendants of the process whose profile `output` is, largest first. Files that cannot be
// read are left out.
std::vector<Descendant> FindDescendants(const std::string& output, const model::Profile& profile);

// The profile that `path` names, a file or a ledger. What recorded processes have left for a file
// is finished first, and counts before what the file holds.
absl::StatusOr<model::Profile> LoadProfile(const std::string& path);

// The profile of one ledger as it stands, nothing written.
absl::StatusOr<model::Profile> ReadSnapshot(const std::string& ledger_path);

}  // namespace memshim::analyzer::finish

#endif  // MEMSHIM_ANALYZER_FINISH_FINISH_H_
