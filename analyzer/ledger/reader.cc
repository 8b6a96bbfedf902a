// See reader.h.
#include "analyzer/ledger/reader.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "analyzer/base/large_pages.h"
#include "analyzer/ledger/ledger_file.h"
#include "analyzer/ledger/sums.h"

namespace memshim::analyzer::ledger {
namespace {

using format::Table;

// The header has atomics and so cannot be copied: it lives where it was read.
using HeaderPtr = std::unique_ptr<format::Header>;

absl::StatusOr<HeaderPtr> ReadHeader(const LedgerFile& file) {
  HeaderPtr header = std::make_unique<format::Header>();
  absl::Status status = file.ReadAt(0, static_cast<void*>(header.get()), sizeof(*header));
  if (!status.ok()) return status;
  if (header->magic != format::kMagic) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": expected a memshim ledger, found a file that does not begin like one"));
  }
  if (header->version != format::kVersion || header->byte_order != format::kByteOrder ||
      header->header_bytes != sizeof(format::Header) || header->unit_bytes != format::kUnitBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": expected a ledger of format ", format::kVersion, ", found format ",
        header->version, "; use the memshim-report of the libmemshim.so that wrote it"));
  }
  // acquire: pairs with the release of what the header counts, by a process that may be at work;
  // its entries are read behind the counts.
  std::atomic_thread_fence(std::memory_order_acquire);
  return header;
}

template <typename T>
absl::StatusOr<std::vector<T>> ReadLatest(const LedgerFile& file, Table table) {
  absl::StatusOr<HeaderPtr> header = ReadHeader(file);
  if (!header.ok()) return header.status();
  return file.ReadTable<T>(**header, table);
}

absl::Status CheckIds(const LedgerFile& file, const Contents& contents) {
  for (size_t i = 0; i < contents.frames.size(); ++i) {
    const format::Frame& frame = contents.frames[i];
    if (frame.module < contents.modules.size() || frame.module == format::kModuleUnknown) continue;
    if (frame.module == format::kModuleSpecial) continue;
    return file.Damaged(
        absl::StrCat("frame ", i, " names module ", frame.module, " of ", contents.modules.size()));
  }
  std::vector<uint16_t> depths(contents.nodes.size());
  for (size_t i = 1; i < contents.nodes.size(); ++i) {
    const format::Node& node = contents.nodes[i];
    if (node.parent >= i || node.frame >= contents.frames.size()) {
      return file.Damaged(absl::StrCat("node ", i, " names parent ", node.parent, " and frame ",
                                       node.frame, " of ", contents.frames.size()));
    }
    depths[i] = static_cast<uint16_t>(depths[node.parent] + 1);
    if (depths[i] > format::kMaxDepth) {
      return file.Damaged(absl::StrCat("a stack is deeper than ", format::kMaxDepth, " frames"));
    }
  }
  for (size_t i = 0; i < contents.points.size(); ++i) {
    const format::Point& point = contents.points[i];
    if (point.stack >= contents.nodes.size() ||
        (point.function & ~format::kFailedRequests) >=
            static_cast<uint32_t>(format::AllocationFunction::kCount)) {
      return file.Damaged(absl::StrCat("point ", i, " names stack ", point.stack, " of ",
                                       contents.nodes.size(), " and function ", point.function));
    }
  }
  return absl::OkStatus();
}

class Strings {
 public:
  explicit Strings(std::vector<char> bytes) : bytes_(std::move(bytes)) {}
  // Empty when out of range: names are worth less than the figures.
  std::string At(uint32_t offset, uint32_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return "";
    return std::string(bytes_.data() + offset, size);
  }

 private:
  std::vector<char> bytes_;
};

LoadedModule ConvertModule(const format::Module& module, const Strings& strings) {
  LoadedModule result;
  result.bias = module.bias;
  result.start = module.start;
  result.end = module.end;
  result.path = strings.At(module.path, module.path_bytes);
  const uint32_t bytes = std::min(module.build_id_bytes, format::kBuildIdBytes);
  result.build_id = absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(module.build_id), bytes));
  return result;
}

absl::Status ReadTables(const LedgerFile& file, const format::Header& header, Contents* contents) {
  // Those that name before those that are named, each by a header read afresh: what a running
  // process adds meanwhile is then never named by something already read.
  auto cells = file.ReadTable<format::Cell>(header, Table::kCells);
  auto histograms = ReadLatest<format::Histogram>(file, Table::kHistograms);
  auto histories = ReadLatest<format::History>(file, Table::kHistories);
  auto points = ReadLatest<format::Point>(file, Table::kPoints);
  auto nodes = ReadLatest<format::Node>(file, Table::kNodes);
  auto frames = ReadLatest<format::Frame>(file, Table::kFrames);
  auto modules = ReadLatest<format::Module>(file, Table::kModules);
  auto strings = ReadLatest<char>(file, Table::kStrings);
  for (const absl::Status& status :
       {cells.status(), histograms.status(), histories.status(), points.status(), nodes.status(),
        frames.status(), modules.status(), strings.status()}) {
    if (!status.ok()) return status;
  }
  contents->points = *std::move(points);
  contents->nodes = *std::move(nodes);
  contents->frames = *std::move(frames);
  const Strings texts(*std::move(strings));
  for (const format::Module& module : *modules) {
    contents->modules.push_back(ConvertModule(module, texts));
  }
  contents->executable = texts.At(header.executable, header.executable_bytes);
  contents->output = texts.At(header.output, header.output_bytes);
  contents->bypass = texts.At(header.bypass, header.bypass_bytes);
  const std::string command = texts.At(header.command, header.command_bytes);
  contents->command = absl::StrSplit(command, '\0');
  if (contents->command.size() > 1) contents->command.pop_back();  // behind the last zero
  absl::Status status = CheckIds(file, *contents);
  if (!status.ok()) return status;
  return SumCells(file, header, {*std::move(cells), *std::move(histograms), *std::move(histories)},
                  contents);
}

constexpr uint64_t kMostTicks = uint64_t{1} << 62;  // thousands of years

absl::Status ReadTimes(const LedgerFile& file, const format::Header& header, Contents* contents) {
  const uint32_t count = std::min(header.timeline_count.load(), format::kTimelineCapacity);
  std::vector<format::TimelineSample> samples(count);
  absl::Status status = file.ReadAt(format::kTimelineOffset, samples.data(),
                                    samples.size() * sizeof(format::TimelineSample));
  if (!status.ok()) return status;
  for (const format::TimelineSample& sample : samples) {
    // A process killed while it halved the timeline leaves samples out of order.
    if (!contents->timeline.empty() && sample.ticks <= contents->timeline.back().ticks) continue;
    contents->timeline.push_back(sample);
  }
  contents->timeline_interval = format::TimelineInterval(
      std::min(header.timeline_doublings.load(), format::kMostTimelineDoublings));
  std::vector<format::ShardHead> shards(format::kShardHeads);
  status = file.ReadAt(format::kShardHeadsOffset, shards.data(),
                       shards.size() * sizeof(format::ShardHead));
  if (!status.ok()) return status;
  // Other threads may have been in the middle of an event when the end was noted.
  uint64_t last_ticks = header.phase.load() == format::Phase::kRecording ? 0 : header.end_ticks;
  for (const format::ShardHead& shard : shards) last_ticks = std::max(last_ticks, shard.last_ticks);
  if (!contents->timeline.empty()) {
    last_ticks = std::max(last_ticks, contents->timeline.back().ticks);
  }
  contents->end_ticks = last_ticks;
  // The rate from the longest span with both clocks at its ends.
  if (last_ticks >= kMostTicks) return file.Damaged("it ends too late to be true");
  uint64_t ticks = header.end_ticks, monotonic_ns = header.end_monotonic_ns;
  // Without an end, or where no call was safe then.
  for (size_t i = contents->timeline.size(); monotonic_ns == 0 && i-- > 0;) {
    ticks = contents->timeline[i].ticks;
    monotonic_ns = contents->timeline[i].monotonic_ns;
  }
  constexpr double kTypicalMicrosecondsPerTick = 1024 / 2500.0;  // 2.5 GHz
  if (header.is_cycle_counter == 0) {
    contents->microseconds_per_tick = 1;
  } else if (ticks > 0 && monotonic_ns > header.start_monotonic_ns) {
    contents->microseconds_per_tick =
        static_cast<double>(monotonic_ns - header.start_monotonic_ns) / 1000.0 /
        static_cast<double>(ticks);
  } else {
    contents->microseconds_per_tick = kTypicalMicrosecondsPerTick;  // killed at its first event
  }
  return absl::OkStatus();
}

// The pause that a process is in belongs to its run.
void RunUntilNow(const format::Header& header, Contents* contents) {
  timespec now;
  if (header.phase.load() != format::Phase::kRecording ||
      !IsProcessAlive(header.pid, header.start_boottime_ns) ||
      clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
    return;
  }
  const uint64_t now_ns =
      static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
  if (now_ns <= header.start_monotonic_ns) return;
  const double microseconds = static_cast<double>(now_ns - header.start_monotonic_ns) / 1000.0;
  const double ticks = microseconds / contents->microseconds_per_tick;
  if (ticks < static_cast<double>(kMostTicks)) {
    contents->end_ticks = std::max(contents->end_ticks, static_cast<uint64_t>(ticks));
  }
}

absl::Status ReadResident(const LedgerFile& file, Contents* contents) {
  format::ResidentHead head;
  absl::Status status = file.ReadAt(format::kResidentOffset, &head, sizeof(head));
  if (!status.ok()) return status;
  std::vector<format::ResidentSample> samples(
      std::min<uint64_t>(head.count, format::kResidentCapacity));
  status = file.ReadAt(format::kResidentOffset + sizeof(head), samples.data(),
                       samples.size() * sizeof(format::ResidentSample));
  for (const format::ResidentSample& sample : samples) {
    // What is out of order was being thinned out when its writer was killed.
    const uint64_t before = contents->resident.empty() ? 0 : contents->resident.back().monotonic_ns;
    if (sample.monotonic_ns > before) contents->resident.push_back(sample);
  }
  return status;
}

// Field 22 of /proc/PID/stat: start of the process in clock ticks since boot. False when there is
// no such process, or only what its parent has not collected yet (state Z or X).
bool ReadStartTime(int pid, uint64_t* start_ns) {
  std::ifstream stat(absl::StrCat("/proc/", pid, "/stat"));
  std::string text((std::istreambuf_iterator<char>(stat)), std::istreambuf_iterator<char>());
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return false;
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) {
    if (!(fields >> field)) return false;
    if (i == 3 && (field == "Z" || field == "X")) return false;
  }
  const uint64_t ticks = std::strtoull(field.c_str(), nullptr, 10);
  *start_ns = ticks * (1000000000u / static_cast<uint64_t>(sysconf(_SC_CLK_TCK)));
  return true;
}

}  // namespace

absl::StatusOr<Contents> ReadLedger(const std::string& path, RunEnd end) {
  absl::StatusOr<LedgerFile> file = LedgerFile::Open(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<HeaderPtr> header_or = ReadHeader(*file);
  if (!header_or.ok()) return header_or.status();
  const format::Header& header = **header_or;
  // The contents, and the names and the profile that become of them.
  PrepareHeapFor(32 * file->present_bytes());
  Contents contents;
  contents.phase = header.phase.load();
  contents.end = header.end;
  contents.exit_status = header.exit_status;
  contents.pid = header.pid;
  contents.owner = file->owner();
  contents.parent_pid = header.parent_pid;
  contents.is_first = header.is_first != 0;
  contents.is_unfolded = header.is_unfolded != 0;
  contents.start_boottime_ns = header.start_boottime_ns;
  contents.start_realtime_ns = header.start_realtime_ns;
  contents.threads = header.threads.load();
  contents.peak_ticks = header.peak_ticks.load();
  for (uint32_t i = 0; i < format::kLosses; ++i) contents.losses[i] = header.losses[i].load();
  for (uint32_t i = 0; i < format::kVerdicts; ++i) contents.verdicts[i] = header.verdicts[i].load();
  contents.start_monotonic_ns = header.start_monotonic_ns;
  absl::Status status = ReadTimes(*file, header, &contents);
  if (status.ok() && end == RunEnd::kNow) RunUntilNow(header, &contents);
  if (status.ok()) status = ReadResident(*file, &contents);
  if (status.ok()) status = ReadTables(*file, header, &contents);
  if (!status.ok()) return status;
  return contents;
}

absl::StatusOr<LiveFigures> ReadLiveFigures(const std::string& path) {
  absl::StatusOr<LedgerFile> file = LedgerFile::Open(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<HeaderPtr> header = ReadHeader(*file);
  if (!header.ok()) return header.status();
  auto cells = file->ReadTable<format::Cell>(**header, Table::kCells);
  if (!cells.ok()) return cells.status();
  LiveFigures figures;
  int64_t live_bytes = 0;
  for (const format::Cell& cell : *cells) {
    figures.total_blocks += cell.total_blocks;
    live_bytes += cell.live_bytes();
  }
  // Below zero: some cells have changed while others were read.
  figures.live_bytes = static_cast<uint64_t>(std::max<int64_t>(live_bytes, 0));
  return figures;
}

absl::StatusOr<Summary> ReadSummary(const std::string& path) {
  absl::StatusOr<LedgerFile> file = LedgerFile::Open(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<HeaderPtr> header = ReadHeader(*file);
  if (!header.ok()) return header.status();
  return Summary{(*header)->phase.load(),      (*header)->pid,
                 (*header)->is_first != 0,     (*header)->is_stop_wanted.load() != 0,
                 (*header)->start_boottime_ns, (*header)->start_realtime_ns};
}

absl::Status WantStop(const std::string& path) {
  constexpr uint32_t kWanted = 1;
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  const ssize_t n =
      fd < 0 ? -1 : pwrite(fd, &kWanted, sizeof(kWanted), offsetof(format::Header, is_stop_wanted));
  const int error = errno;
  if (fd >= 0) close(fd);
  if (n == sizeof(kWanted)) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(path, ": the recording cannot be stopped: ", strerror(error)));
}

bool IsProcessAlive(int pid, uint64_t start_boottime_ns) {
  uint64_t start_ns = 0;
  return ReadStartTime(pid, &start_ns) && start_ns <= start_boottime_ns;
}

bool LooksLikeLedger(const std::string& path) {
  uint64_t magic = 0;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  const bool is_ledger =
      read(fd, &magic, sizeof(magic)) == sizeof(magic) && magic == format::kMagic;
  close(fd);
  return is_ledger;
}

}  // namespace memshim::analyzer::ledger
