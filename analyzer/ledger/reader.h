// Reads a ledger, distrusting every byte. Called by analyzer/finish.
// The process may still be running (a snapshot): counters then come from slightly different
// moments, ids are always valid.
#ifndef MEMSHIM_ANALYZER_LEDGER_READER_H_
#define MEMSHIM_ANALYZER_LEDGER_READER_H_

#include <string>

#include "absl/status/statusor.h"
#include "analyzer/ledger/contents.h"

namespace memshim::analyzer::ledger {

// Until when a process has run that has not noted its end.
enum class RunEnd {
  kLastEvent,  // it was killed: nothing later is known of it
  kNow,        // where it is still there
};

// `path` "-": standard input. Errors are one line: expected, found, what to do.
absl::StatusOr<Contents> ReadLedger(const std::string& path, RunEnd end = RunEnd::kLastEvent);

// What can be told of a ledger without reading its tables.
struct Summary {
  format::Phase phase = format::Phase::kRecording;
  int pid = 0;
  bool is_first = false;
  bool is_stop_wanted = false;
  uint64_t start_boottime_ns = 0;
  uint64_t start_realtime_ns = 0;
};
absl::StatusOr<Summary> ReadSummary(const std::string& path);

// What a process that is being recorded has now.
struct LiveFigures {
  uint64_t live_bytes = 0;
  uint64_t total_blocks = 0;  // with those of requests that failed
};
absl::StatusOr<LiveFigures> ReadLiveFigures(const std::string& path);

// Asks the process to record no more; it does so when it next looks, at an event. From now on its
// ledger may be finished as it stands, and the process starts nothing at its end.
absl::Status WantStop(const std::string& path);

// True when the process that a ledger belongs to is there: alive, and not a later one of the
// same pid. False also when /proc cannot tell.
bool IsProcessAlive(int pid, uint64_t start_boottime_ns);

// True when the file begins like a ledger.
bool LooksLikeLedger(const std::string& path);

}  // namespace memshim::analyzer::ledger

#endif  // MEMSHIM_ANALYZER_LEDGER_READER_H_
