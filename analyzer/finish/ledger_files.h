// The files that belong to an output: their names, and what is there.
#ifndef MEMSHIM_ANALYZER_FINISH_LEDGER_FILES_H_
#define MEMSHIM_ANALYZER_FINISH_LEDGER_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/finish/build_profile.h"
#include "analyzer/ledger/reader.h"

namespace memshim::analyzer::finish {

// A ledger found for an output.
struct LedgerFile {
  std::string path;
  int pid = 0;
  unsigned image = 0;  // programs that ran in the process before
  ledger::Summary summary;
  ProcessState state = ProcessState::kGone;
};

// Where the shim may have put the ledgers of an output, in its order.
std::vector<std::string> LedgerFolders(const std::string& output);

// The ledgers "<name>.<pid>[.<image>].ledger" of an output, in its folder and where the shim puts
// them when that is not fit, oldest first. Files that are not readable ledgers are left out.
std::vector<LedgerFile> FindLedgers(const std::string& output);

// The folder for the other processes of an output: "<output>.d".
std::string DescendantFolder(const std::string& output);

// Where a first process's profile goes when another's has taken the output meanwhile.
std::string NameBeside(const std::string& output, int pid);

// Where it goes when the output's folder cannot be written to, in that order: to the folder of its
// ledger, and where the shim might have put that. `folder`: the ledger's; "": not known.
std::vector<std::string> NamesElsewhere(const std::string& output, int pid,
                                        const std::string& folder);

// The profiles in that folder: those that exist and those that a ledger would make.
std::vector<std::string> DescendantProfiles(const std::string& output);

// Deletes from that folder what an earlier run left, except ledgers of processes that still run.
void RemoveEarlierDescendants(const std::string& output, uint64_t start_realtime_ns);

// Nanoseconds since 1970; 0 when there is no such file.
uint64_t ModificationTime(const std::string& path);

}  // namespace memshim::analyzer::finish

#endif  // MEMSHIM_ANALYZER_FINISH_LEDGER_FILES_H_
