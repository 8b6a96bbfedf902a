// A ledger as read and checked: every id in it is in range, every stack ends at the root. What
// follows may index without looking.
#ifndef MEMSHIM_ANALYZER_LEDGER_CONTENTS_H_
#define MEMSHIM_ANALYZER_LEDGER_CONTENTS_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "shim/ledger/format.h"

namespace memshim::analyzer::ledger {

namespace format = ::memshim::ledger;

struct LoadedModule {
  uint64_t bias = 0;   // run-time address minus address in the file
  uint64_t start = 0;  // run-time address range
  uint64_t end = 0;
  std::string path;
  std::string build_id;  // lower-case hex
};

// The figures of a point, its cells summed, as they stood when the ledger was read.
struct PointSums {
  uint64_t total_bytes = 0;
  uint64_t total_blocks = 0;
  uint64_t live_bytes = 0;
  uint64_t live_blocks = 0;
  uint64_t gmax_bytes = 0;
  uint64_t gmax_blocks = 0;
  uint64_t max_bytes = 0;
  uint64_t max_blocks = 0;
  bool max_is_lower_bound = false;
  uint64_t temporary_bytes = 0;
  uint64_t temporary_blocks = 0;
  uint64_t lifetime_ticks = 0;  // of all blocks, those alive counted up to the end
  uint64_t smallest_request = 0;
  uint64_t largest_request = 0;
  uint64_t slack_bytes = 0;
  uint64_t remote_blocks = 0;
  uint64_t moved_resizes = 0;
  uint64_t settled_resizes = 0;
  uint64_t moved_bytes = 0;
  uint64_t threads = 0;
  uint64_t late_freed_bytes = 0;    // since Contents::late_ticks
  std::vector<uint64_t> requests;   // by bit width of the size
  std::vector<uint64_t> lifetimes;  // of blocks that died, by bit width of the ticks
  // Live at the first of Contents::moments; at the others as at the end.
  std::vector<uint64_t> moment_bytes;
};

// Requests of one stack and function that were refused.
struct FailedRequests {
  uint32_t stack = 0;
  uint32_t function = 0;
  uint64_t count = 0;
  uint64_t bytes = 0;  // asked for; stays at the largest number
  uint64_t largest = 0;
};

struct Contents {
  format::Phase phase = format::Phase::kRecording;
  format::End end = format::End::kNone;
  int exit_status = 0;
  int pid = 0;
  int parent_pid = 0;
  uint32_t owner = 0;  // the user whose file it is
  bool is_first = false;
  bool is_unfolded = false;
  uint64_t start_boottime_ns = 0;
  uint64_t start_realtime_ns = 0;
  uint64_t end_ticks = 0;  // of the run, or of the last event when it was killed
  double microseconds_per_tick = 1;
  uint64_t peak_ticks = 0;
  uint32_t threads = 0;
  std::vector<std::string> command;
  std::string executable;
  std::string output;
  std::string bypass;  // "malloc in PATH": what the program used past memshim
  std::array<uint64_t, format::kLosses> losses{};
  std::array<uint64_t, format::kVerdicts> verdicts{};
  std::vector<format::Frame> frames;
  std::vector<format::Node> nodes;
  std::vector<format::Point> points;
  std::vector<PointSums> sums;  // parallel to points
  std::vector<FailedRequests> failed_requests;
  std::vector<uint64_t> moments;  // in ticks, rising
  uint64_t late_ticks = 0;        // the last 1 to 3 % of the run begin here
  std::vector<LoadedModule> modules;
  std::vector<format::TimelineSample> timeline;
  uint64_t timeline_interval = 0;  // in ticks
  uint64_t start_monotonic_ns = 0;
  std::vector<format::ResidentSample> resident;  // rising; none without memshim run
};

}  // namespace memshim::analyzer::ledger

#endif  // MEMSHIM_ANALYZER_LEDGER_CONTENTS_H_
