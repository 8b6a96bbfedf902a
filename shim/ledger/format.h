// The ledger: the shared mapping that holds everything a reader needs. This header is its format
// and the only header of the shim that the analyzer takes. docs/ledger_format.md explains it.
//
//   unit 0:  Header | shard heads | timeline | resident set    (1 MiB units, sparse file)
//   unit n:  one table's entries; Header::unit_owner[n] names the table. The k-th unit (in
//            ascending order) that names a table holds its entries [k*per_unit, (k+1)*per_unit).
//
//   program point -> stack (innermost node) -> parent node ... -> node 0 (the root)
//   node -> frame -> (pc, module)
//   cell = figures of one point as one thread shard saw them; a reader sums the cells of a point
//   cell -> histogram -> next histogram ...; cell -> history
//
// Tables only grow. An entry is written before the table's count is raised (release); a parent
// node is published before its children. Counters in cells are plain stores of one thread and may
// be torn by one event per thread when the process is killed. Byte order is the machine's, which
// Header::byte_order shows.
#ifndef MEMSHIM_SHIM_LEDGER_FORMAT_H_
#define MEMSHIM_SHIM_LEDGER_FORMAT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace memshim::ledger {

inline constexpr uint64_t kMagic = 0x3152444c4d48534dull;  // "MSHMLDR1" in a little-endian file
inline constexpr uint32_t kVersion = 9;
inline constexpr uint32_t kByteOrder = 0x01020304;
inline constexpr uint32_t kUnitBytes = 1u << 20;
inline constexpr uint32_t kMaxUnits = 4096;  // 4 GiB
inline constexpr uint32_t kMaxShards = 64;   // of one thread each; one more is shared by the rest
inline constexpr uint32_t kShardHeads = kMaxShards + 1;
inline constexpr uint32_t kTimelineCapacity = 1024;
inline constexpr uint32_t kMaxDepth = 512;  // frames of a recorded stack
inline constexpr uint32_t kBuildIdBytes = 32;

enum class Table : uint8_t {
  kNone,
  kFrames,
  kNodes,
  kPoints,
  kCells,
  kModules,
  kStrings,
  kHistograms,
  kHistories,
  kCount
};
inline constexpr uint32_t kTables = static_cast<uint32_t>(Table::kCount);

enum class Phase : uint32_t { kRecording = 1, kEnded = 2, kReplaced = 3 };  // replaced: by exec
enum class End : uint32_t { kNone, kExit, kFastExit, kStopped };            // stopped: from outside

// What we know we did not record, or recorded less than fully. Indexes Header::losses.
enum class Loss : uint32_t {
  kEventInHandler,  // a signal handler allocated or freed while its thread was inside memshim
  kUnknownFree,     // freed or resized a block whose allocation was never seen
  kInheritedFree,   // the same in a forked child: the block came from the parent
  kUnseenFree,      // the allocator handed out an address whose block was never seen freed
  kStackMissing,    // no stack could be taken, or not up to its end
  kStackCut,        // deeper than kMaxDepth: the middle is missing
  kOutOfSpace,      // new stacks counted under [out of ledger space]
  kOutOfMemory,     // events that could not be followed: no memory for memshim itself
  kLockTimeout,     // events given up because a lock stayed held for seconds
  kStrictSandbox,   // the program went where no system call is allowed: nothing behind it
  kDetailsMissing,  // no room for a size, a lifetime, live bytes over time or a failed request
  kCount
};
inline constexpr uint32_t kLosses = static_cast<uint32_t>(Loss::kCount);

// What comparing a stack with another unwinder's gave (verify=on). Indexes Header::verdicts.
enum class Verdict : uint32_t {
  kEqual,
  kEqualWhereDescribed,  // compared up to a frame of code without call frame information
  kDifferent,
  kNotCompared,  // before the oracle was open, on the loader's behalf, or no stack was taken
  kCount
};
inline constexpr uint32_t kVerdicts = static_cast<uint32_t>(Verdict::kCount);

// The allocation function that made a block; first frame of its program point.
enum class AllocationFunction : uint32_t {
  kMalloc,
  kCalloc,
  kRealloc,
  kMemalign,
  kAlignedAlloc,
  kPosixMemalign,
  kValloc,
  kPvalloc,
  kReallocarray,
  kOperatorNew,  // this and the next where an allocator has its own
  kOperatorNewArray,
  kMallocx,  // jemalloc's
  kRallocx,
  kHeaptrackMalloc,  // a pool's block that the program tells of
  kCount
};
inline constexpr const char* kAllocationFunctionNames[] = {
    "malloc",         "calloc",  "realloc", "memalign",        "aligned_alloc",
    "posix_memalign", "valloc",  "pvalloc", "reallocarray",    "operator new",
    "operator new[]", "mallocx", "rallocx", "heaptrack_malloc"};
static_assert(sizeof(kAllocationFunctionNames) / sizeof(char*) ==
              static_cast<size_t>(AllocationFunction::kCount));

// A code address in a module. pc is the address to look up: the return address minus one, or
// the exact address for a frame that a signal interrupted.
struct Frame {
  uint64_t pc;
  uint32_t module;  // index into the modules, or one of the special values below
  uint32_t reserved;
};
inline constexpr uint32_t kModuleUnknown = 0xffffffffu;  // no module: JIT code, or unmapped
inline constexpr uint32_t kModuleSpecial = 0xfffffffeu;  // pc is a SpecialFrame
enum class SpecialFrame : uint64_t { kCut = 1, kOutOfSpace = 2, kNoStack = 3 };

struct Node {
  uint32_t parent;  // node id; node 0 is the root
  uint32_t frame;   // index into the frames
};

struct Point {
  uint32_t stack;     // node id of the innermost frame
  uint32_t function;  // AllocationFunction, with kFailedRequests or not
};
// A point of requests that failed: its cells count them as blocks of the size asked for.
inline constexpr uint32_t kFailedRequests = 1u << 31;

// A stretch of time in which no moment and no window begins.
struct Era {
  uint32_t moment;  // see MomentAt
  uint32_t window;  // see WindowAt
};

// Counts of one cell by powers of two: in the cell, and where that is not enough in a chain of
// entries. A slot is key << kSlotShift | count; 0: not in use. Keys: the bit width of a requested
// size, or kLifetimeKey | the bit width of a lifetime in ticks. A key stands in slot key % kSlots
// of the cell or of an entry: those of one cell are mostly neighbours.
// The bit width that a cell calls usual has no count: of those there are as many as the slots leave
// of all requests, or of all deaths.
inline constexpr uint32_t kSlots = 7;
inline constexpr uint32_t kSlotShift = 56;
inline constexpr uint64_t kSlotCount = (uint64_t{1} << kSlotShift) - 1;
inline constexpr uint32_t kLifetimeKey = 0x80;
struct Histogram {
  uint64_t slots[kSlots];
  uint32_t next;  // entry plus one, larger than this one's; 0: none
  uint32_t reserved;
};

// Figures of one point from one shard. A block may be freed by another thread's shard, so that one
// cell has more freed than allocated. A request is an allocation or a resize: what adds to the
// totals; a resize frees the old size and adds the new one.
struct alignas(256) Cell {
  // A cache line that every event touches.
  uint32_t point_plus_one;  // 0: not in use
  uint32_t epoch;           // in which the cell was last touched
  uint64_t total_bytes;
  uint64_t total_blocks;
  uint64_t freed_bytes;
  uint64_t freed_blocks;
  int64_t lifetime_ticks;  // deaths minus births: add t-end for each block that lives
  Era era;                 // in which the cell was last touched
  uint32_t last_thread;    // that allocated, by its number; 0: none yet
  uint16_t threads;        // that allocated, one after the other; stops at its largest value
  uint8_t usual_size;      // bit width of requests that no slot counts, plus one; 0: none
  uint8_t usual_lifetime;  // the same of lifetimes
  // One that every request touches.
  int64_t max_bytes;  // largest live_bytes() of this cell, and live_blocks() then
  int64_t max_blocks;
  uint64_t smallest_request;
  uint64_t largest_request;
  uint64_t slack_bytes;      // usable minus requested sizes, over all requests
  uint64_t temporary_bytes;  // of blocks that their thread freed before it allocated again
  uint64_t temporary_blocks;
  uint64_t remote_blocks;  // freed by another thread than the one that allocated them
  // One that most events of points with several sizes or lifetimes touch.
  uint64_t slots[kSlots];  // as of Histogram
  uint32_t histogram;      // its first Histogram plus one; 0: none
  uint32_t history;        // its History plus one; 0: none
  // The rest.
  int64_t epoch_bytes;  // live_bytes() at the beginning of `epoch`
  int64_t epoch_blocks;
  uint64_t window_freed_bytes;    // freed_bytes when `window` began
  uint64_t previous_freed_bytes;  // the same when the window before it began
  uint64_t moved_resizes;
  uint64_t settled_resizes;  // that left the block where it was
  uint64_t moved_bytes;      // that moved resizes had to bring along
  uint64_t reserved_word;

  // Modulo 2^64, as the counters are.
  int64_t live_bytes() const { return static_cast<int64_t>(total_bytes - freed_bytes); }
  int64_t live_blocks() const { return static_cast<int64_t>(total_blocks - freed_blocks); }
  // Blocks that were freed, without those that only changed their size.
  uint64_t deaths() const { return freed_blocks - moved_resizes - settled_resizes; }
};

constexpr uint32_t BitWidth(uint64_t value) {
  return value == 0 ? 0 : 64 - static_cast<uint32_t>(__builtin_clzll(value));
}

// Live bytes of one cell at moments spread evenly over the run, about 8 to 15 whatever it lasts.
// Moments are multiples of 2^14 ticks (5 ms) while the run is shorter than 16 of them; then of
// 2^15, of 2^16 ...: slot j is the moment j << MomentScale(latest). A cell notes them when it is
// next touched; slots behind its `moment` are zero, and mean its live bytes to a reader.
inline constexpr uint32_t kMoments = 16;
struct History {
  int64_t live_bytes[kMoments];
};
inline constexpr uint32_t kMomentShift = 14;
constexpr uint32_t MomentAt(uint64_t ticks) {
  const uint64_t moment = ticks >> kMomentShift;
  return moment > 0xffffffffu ? 0xffffffffu : static_cast<uint32_t>(moment);
}
constexpr uint64_t MomentStart(uint32_t moment) { return uint64_t{moment} << kMomentShift; }
constexpr uint32_t MomentScale(uint32_t moment) {
  return moment < kMoments ? 0 : BitWidth(moment) - BitWidth(kMoments - 1);
}

// Windows of time, each 1/128 to 1/64 of the time before it: the leading seven bits of the ticks.
// At the end of a run the last window and the one before it are its last 1 to 3 %.
constexpr uint32_t WindowAt(uint64_t ticks) {
  if (ticks < 64) return static_cast<uint32_t>(ticks);
  const uint32_t width = BitWidth(ticks);
  return ((width - 6) << 6) + static_cast<uint32_t>(ticks >> (width - 7) & 63);
}
// The first tick of a window.
constexpr uint64_t WindowStart(uint32_t window) {
  return window < 64 ? window : uint64_t{64 + (window & 63)} << ((window >> 6) - 1);
}

struct Module {
  uint64_t bias;   // run-time address minus the address in the file
  uint64_t start;  // run-time address range
  uint64_t end;
  uint32_t path;        // offset into the strings
  uint32_t path_bytes;  // without a final zero
  uint32_t build_id_bytes;
  uint32_t generation;  // of the module table when the module was first seen
  uint8_t build_id[kBuildIdBytes];
};

// What was live before an event, and from two intervals after the sample before on: decisions/0032.
struct TimelineSample {
  uint64_t ticks;
  uint64_t monotonic_ns;  // 0: no system call was allowed
  uint64_t live_bytes;
  uint64_t live_blocks;
};
inline constexpr uint32_t kMostTimelineDoublings = 48;
constexpr uint64_t TimelineInterval(uint32_t doublings) { return uint64_t{1000} << doublings; }

// The process's resident set, as memshim run sees it from outside: it alone writes here, with
// pwrite. A sample is written before the count.
inline constexpr uint32_t kResidentCapacity = 1024;
struct ResidentSample {
  uint64_t monotonic_ns;
  uint64_t bytes;
};
struct ResidentHead {
  uint64_t count;
  uint64_t reserved;
};

// One per thread shard; shard kMaxShards is shared by all that have none of their own.
struct ShardHead {
  uint64_t last_ticks;  // time of its last event
  int64_t live_blocks;
  uint64_t threads;         // threads that have used it
  int64_t unsettled_bytes;  // of its live bytes, not in PeakState: see record/peak.h
  // Of its last settlement, for record/peak.h alone.
  uint64_t settled_state, settled_ticks, contention;
  uint64_t reserved;
};

// Live bytes, their maximum so far and the epoch, which counts the decreases that ended a maximum:
// one value that changes in one step, see record/peak.h. While live bytes are their peak (or above,
// after a kill), the live figures of the cells are those at t-gmax; afterwards those that each held
// when the epoch began.
struct alignas(16) PeakState {
  uint64_t low;   // live bytes (48 bits) | lower half of the epoch
  uint64_t high;  // their maximum (48 bits) | upper half of the epoch
};
struct PeakFigures {
  int64_t live_bytes;  // all requested sizes together fit the 47 bits of addresses; below zero
                       // where what other threads have allocated is not settled
  int64_t peak_bytes;
  uint32_t epoch;  // comes round after 4 billion maxima: a cell untouched since is then misread

  // Above: a process was killed between two stores.
  bool is_at_peak() const { return live_bytes >= peak_bytes; }
};
inline constexpr uint32_t kPeakShift = 16;
constexpr uint32_t EpochOf(const PeakState& state) {
  constexpr uint64_t kHalf = (1u << kPeakShift) - 1;
  return static_cast<uint32_t>((state.high & kHalf) << 16 | (state.low & kHalf));
}
constexpr PeakFigures Unpack(const PeakState& state) {
  return {static_cast<int64_t>(state.low) >> kPeakShift,
          static_cast<int64_t>(state.high) >> kPeakShift, EpochOf(state)};
}
constexpr PeakState Pack(const PeakFigures& figures) {
  return {static_cast<uint64_t>(figures.live_bytes) << kPeakShift | (figures.epoch & 0xffff),
          static_cast<uint64_t>(figures.peak_bytes) << kPeakShift | figures.epoch >> 16};
}

struct TableHead {
  uint32_t entry_bytes;
  std::atomic<uint32_t> count;  // published entries (kStrings: bytes)
};

struct Header {
  uint64_t magic;
  uint32_t version;
  uint32_t byte_order;
  uint32_t header_bytes;  // sizeof(Header)
  uint32_t unit_bytes;
  uint64_t capacity_bytes;  // nothing lies behind
  std::atomic<Phase> phase;
  End end;
  int32_t exit_status;
  int32_t pid;
  int32_t parent_pid;
  uint32_t is_first;            // the first process of its output: finished at its end
  uint64_t start_boottime_ns;   // CLOCK_BOOTTIME: tells a live process from a reused pid
  uint64_t start_realtime_ns;   // CLOCK_REALTIME
  uint64_t start_monotonic_ns;  // at tick 0
  uint64_t end_ticks;           // of an ended process
  uint64_t end_monotonic_ns;
  uint32_t is_cycle_counter;  // ticks are some cycles; else microseconds
  uint32_t is_unfolded;       // fold=off: the writer keeps every point
  uint32_t command;           // offset into the strings: arguments, each ended by a zero
  uint32_t command_bytes;
  uint32_t executable;  // offset into the strings
  uint32_t executable_bytes;
  uint32_t output;  // offset into the strings: absolute path of the JSON to write
  uint32_t output_bytes;
  uint32_t bypass;  // offset into the strings: "malloc in PATH", what goes past memshim
  uint32_t bypass_bytes;
  PeakState peak;
  std::atomic<uint64_t> peak_ticks;
  std::atomic<uint32_t> timeline_count;
  std::atomic<uint32_t> generation;  // module generation, see unwind/modules.h
  std::atomic<uint32_t> used_units;
  std::atomic<uint32_t> threads;  // that have recorded anything
  std::atomic<uint64_t> losses[16];
  std::atomic<uint64_t> verdicts[kVerdicts];  // all zero without verify=on
  std::atomic<uint32_t> is_stop_wanted;       // set from outside: to record no more
  std::atomic<uint32_t> do_shards_contend;    // for record/peak.h alone
  std::atomic<uint32_t> timeline_doublings;   // see TimelineInterval
  TableHead tables[kTables];
  uint8_t unit_owner[kMaxUnits];  // a Table
};

inline constexpr size_t kShardHeadsOffset = 8192;
inline constexpr size_t kTimelineOffset = kShardHeadsOffset + kShardHeads * sizeof(ShardHead);
inline constexpr size_t kHeadBytes = kTimelineOffset + kTimelineCapacity * sizeof(TimelineSample);
// On pages that the process itself never touches.
inline constexpr size_t kResidentOffset = size_t{64} << 10;
static_assert(kHeadBytes <= kResidentOffset);
static_assert(kResidentOffset + sizeof(ResidentHead) + kResidentCapacity * sizeof(ResidentSample) <=
              kUnitBytes);

constexpr uint32_t EntryBytes(Table table) {
  switch (table) {
    case Table::kFrames:
      return sizeof(Frame);
    case Table::kNodes:
      return sizeof(Node);
    case Table::kPoints:
      return sizeof(Point);
    case Table::kCells:
      return sizeof(Cell);
    case Table::kModules:
      return sizeof(Module);
    case Table::kHistograms:
      return sizeof(Histogram);
    case Table::kHistories:
      return sizeof(History);
    default:
      return 1;
  }
}
constexpr uint32_t EntriesPerUnit(Table table) { return kUnitBytes / EntryBytes(table); }

static_assert(sizeof(Frame) == 16 && sizeof(Node) == 8 && sizeof(Point) == 8);
static_assert(sizeof(Cell) == 256 && sizeof(Histogram) == 64 && sizeof(History) == 128);
static_assert(sizeof(Module) == 72 && sizeof(TimelineSample) == 32);
static_assert(offsetof(Header, peak) % 16 == 0 && sizeof(PeakState) == 16);
static_assert(sizeof(ShardHead) == 64 && sizeof(TableHead) == 8);
static_assert(sizeof(Header) <= kShardHeadsOffset && kHeadBytes <= kUnitBytes);
static_assert(offsetof(Header, capacity_bytes) == 24 && offsetof(Header, phase) == 32);
static_assert(offsetof(Header, generation) == 172);
static_assert(std::atomic<uint64_t>::is_always_lock_free && sizeof(std::atomic<uint64_t>) == 8);
static_assert(kLosses <= 16);

}  // namespace memshim::ledger

#endif  // MEMSHIM_SHIM_LEDGER_FORMAT_H_
