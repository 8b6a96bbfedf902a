// Watches the processes of a run while they run, through their ledgers and /proc.
#ifndef MEMSHIM_ANALYZER_RUN_WATCHER_H_
#define MEMSHIM_ANALYZER_RUN_WATCHER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "analyzer/run/resident_log.h"

namespace memshim::analyzer::run {

// What all recorded processes that run have together.
struct TreeFigures {
  size_t processes = 0;
  uint64_t live_bytes = 0;
  uint64_t resident_bytes = 0;
  uint64_t new_blocks = 0;  // since the figures were asked for before
};

class Watcher {
 public:
  // `pid`: the first process. Its ledgers are `output`'s, those of the others lie in its folder.
  Watcher(std::string output, int pid);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Takes note of processes that are new or gone, and of the resident sets. To be called every
  // interval().
  void Look();
  // Short at first, for short runs; a ledger has room for a bounded number of samples.
  absl::Duration interval() const;

  TreeFigures Figures();

  // Whether no recorded process runs.
  bool empty() const { return processes_.empty(); }

  // Asks all processes that Look() has found to record no more.
  void StopAll();
  // Whether all of them have done so. One without events never does.
  bool IsAllStopped() const;
  // After the profiles are made: stops what Look() has found since, and forgets what it recorded.
  void Discard();

 private:
  struct Process;

  void FindNew();
  void AddLedger(const std::string& path);

  const std::string output_;
  const int pid_;
  const absl::Time start_;
  absl::Time last_search_;
  std::map<std::string, std::unique_ptr<Process>> processes_;  // by the ledger's path
};

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_WATCHER_H_
