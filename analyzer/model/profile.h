// The profile in memory: what every reader fills and every metric, renderer and writer takes.
// It knows neither JSON keys (analyzer/dhat) nor the ledger (analyzer/ledger).
#ifndef MEMSHIM_ANALYZER_MODEL_PROFILE_H_
#define MEMSHIM_ANALYZER_MODEL_PROFILE_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace memshim::analyzer::model {

inline constexpr uint32_t kNoModule = std::numeric_limits<uint32_t>::max();

// Texts of frames that stand for no code. An innermost kFoldedFrame marks a point that holds the
// sums of many small ones; the frames after it are what they have in common.
inline constexpr char kFoldedFrame[] = "[folded]";
inline constexpr char kFramesCutFrame[] = "[frames cut]";
inline constexpr char kNoStackFrame[] = "[no stack]";
inline constexpr char kOutOfSpaceFrame[] = "[out of ledger space]";

// A loaded image of the profiled process.
struct Module {
  std::string path;      // as loaded, absolute; "linux-vdso.so.1" for the vdso
  std::string build_id;  // lower-case hex; empty when the image has none
};

// One entry of the frame table: a line of a stack as a viewer shows it. Frame 0 is "[root]".
struct Frame {
  std::string text;             // the whole text, e.g. "0x4011F3: make_node (tree.cc:12)"
  uint64_t address = 0;         // run-time look-up address (return address - 1); 0: none
  std::string function;         // demangled; empty when unknown ("???")
  std::string file;             // as the producer wrote it; empty when unknown
  uint32_t line = 0;            // 0: unknown
  uint32_t module = kNoModule;  // index into Profile::modules
  // The frame is a function inlined into the frame that follows it in the stack.
  bool is_inlined = false;
};

// The figures of one program point. Bytes are requested bytes, times are in Profile::time_unit.
struct Counters {
  uint64_t total_bytes = 0;  // over the whole run
  uint64_t total_blocks = 0;
  uint64_t lifetime = 0;   // sum over all blocks; a block alive at the end has lived until t-end
  uint64_t max_bytes = 0;  // at the point's own maximum of bytes
  uint64_t max_blocks = 0;
  uint64_t gmax_bytes = 0;  // at t-gmax
  uint64_t gmax_blocks = 0;
  uint64_t end_bytes = 0;  // at t-end
  uint64_t end_blocks = 0;
  uint64_t read_bytes = 0;  // only with Profile::has_accesses
  uint64_t written_bytes = 0;
  // What follows is told by files of ours alone. A request is what adds to the totals: an
  // allocation or a resize.
  // Freed by the thread that allocated them before it allocated again.
  uint64_t temporary_bytes = 0;
  uint64_t temporary_blocks = 0;
  uint64_t smallest_request = 0;  // 0: unknown
  uint64_t largest_request = 0;
  uint64_t slack_bytes = 0;       // usable minus requested sizes, over all requests
  uint64_t remote_blocks = 0;     // freed by another thread than the one that allocated them
  uint64_t moved_resizes = 0;     // to another address
  uint64_t settled_resizes = 0;   // at the same address
  uint64_t moved_bytes = 0;       // that moved resizes had to bring along
  uint64_t late_freed_bytes = 0;  // since Profile::t_late; a resize frees the old size
  uint64_t threads = 0;           // that allocated; of several points the largest number
  // Blocks by power of two: [b] counts sizes of bit width b, 2^(b-1) to 2^b-1.
  std::vector<uint64_t> request_sizes = {};
  // Blocks that died: [b] counts lifetimes of bit width b, in Profile::lifetime_tick_us.
  std::vector<uint64_t> lifetimes = {};
  // Live bytes at the first of Profile::moments; at the others as at the end.
  std::vector<uint64_t> moment_bytes = {};
};

// A program point: a whole stack at which blocks were allocated.
struct Point {
  Counters counters;
  std::vector<uint32_t> frames;     // indices into Profile::frames, innermost first
  bool max_is_lower_bound = false;  // several threads touched it: max_* is a lower bound
};

// Holds until the next one.
struct TimelineSample {
  uint64_t time = 0;  // in Profile::time_unit since the start
  uint64_t live_bytes = 0;
  uint64_t live_blocks = 0;
};

struct ResidentSample {
  uint64_t time = 0;  // as of TimelineSample
  uint64_t bytes = 0;
};

// How the recorded process ended.
enum class Ending {
  kUnknown,   // the producer does not say (valgrind, dhat-rs)
  kExit,      // by exit or a return from main; Profile::exit_status holds the status
  kFastExit,  // by _exit or quick_exit; Profile::exit_status holds the status
  kExec,      // replaced by another program
  kKilled,    // without a word: a signal or a raw system call
  kRunning,   // not ended: a snapshot, or the recording was stopped
};

// Requests at one stack that were refused. They are in no point.
struct FailedRequests {
  uint64_t count = 0;
  uint64_t bytes = 0;            // asked for; stays at the largest number
  uint64_t largest = 0;          // bytes of one request
  std::vector<uint32_t> frames;  // indices into Profile::frames, innermost first
};

// One kind of thing that is known not to have been recorded, or recorded less than fully.
struct Loss {
  std::string what;  // a phrase that follows the count: "frees of unknown blocks"
  uint64_t count = 0;
};

// What comparing recorded stacks with libunwind's gave (verify=on), in allocations.
struct Verification {
  uint64_t equal = 0;
  uint64_t equal_where_described = 0;  // compared up to code without call frame information
  uint64_t different = 0;
  uint64_t not_compared = 0;
};

struct Profile {
  // The head, as in the file.
  std::string mode;                // "heap", "copy", "ad-hoc", "rust-heap", "rust-ad-hoc"
  std::string verb = "Allocated";  // put before " at {"
  bool has_lifetimes = true;       // lifetime, max, gmax and end figures are present
  bool has_lifetime_sums = true;   // Counters::lifetime too; false also without has_lifetimes
  bool has_accesses = false;       // read and written bytes are present
  std::string byte_unit = "byte", bytes_unit = "bytes", blocks_unit = "blocks";
  std::string time_unit = "µs";          // unit of every time
  std::string million_time_units = "s";  // name of 1,000,000 time units
  uint64_t short_lived_threshold = 10;   // in time units
  std::string command;
  uint64_t pid = 0;
  uint64_t t_end = 1;   // end of the run since its start; at least 1 in files of ours
  uint64_t t_gmax = 0;  // time of the global maximum of live bytes

  std::vector<Frame> frames;
  std::vector<Point> points;

  // What only memshim's own files carry.
  bool is_ours = false;
  std::string memshim_version;
  Ending ending = Ending::kUnknown;
  int exit_status = 0;
  std::optional<uint64_t>
      peak_rss_bytes;                     // peak resident set size of the process, memshim included
  std::optional<uint64_t> own_rss_bytes;  // memshim's part of it, at the end
  uint64_t thread_count = 0;              // threads that allocated or freed; 0: unknown
  uint64_t start_unix_ms = 0;             // wall-clock start; 0: unknown
  std::vector<Module> modules;
  std::vector<TimelineSample> timeline;
  std::vector<ResidentSample> resident;  // resident set size, memshim's part included
  bool has_details = false;              // points carry the figures that files of ours alone tell
  std::vector<uint64_t> moments;         // about 8 to 15, evenly spread; Counters::moment_bytes
  uint64_t t_late = 0;                   // the last 1 to 3 % of the run begin here
  double lifetime_tick_us = 1;           // unit of Counters::lifetimes, in microseconds
  std::vector<FailedRequests> failed_requests;
  // Of how many this one is the sum; 0: of none. What is live at the peak is then the sum of what
  // each had at its own.
  uint64_t merged_profiles = 0;
  std::optional<Verification> verification;
  std::vector<Loss> losses;        // only those with a count above zero
  std::vector<std::string> notes;  // whole sentences a reader of the profile must know
  uint64_t folded_points = 0;      // points folded into their callers by the writer
  uint64_t folded_bytes = 0;       // their share of total_bytes
  uint64_t cut_points = 0;         // points whose stacks the writer cut in the middle
};

}  // namespace memshim::analyzer::model

#endif  // MEMSHIM_ANALYZER_MODEL_PROFILE_H_
