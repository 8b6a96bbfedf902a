// See watcher.h.
#include "analyzer/run/watcher.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "analyzer/finish/ledger_files.h"
#include "analyzer/ledger/reader.h"

namespace memshim::analyzer::run {
namespace {

namespace fs = std::filesystem;
using ledger::format::Phase;

constexpr absl::Duration kShortest = absl::Milliseconds(10);
constexpr absl::Duration kLongest = absl::Seconds(1);
constexpr absl::Duration kBetweenSearches = absl::Milliseconds(100);

uint64_t MonotonicNanoseconds() {
  struct timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

struct Watcher::Process {
  Process(int ledger_fd, int process) : fd(ledger_fd), pid(process), resident(ledger_fd) {}
  ~Process() { close(fd); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  int fd;
  int pid;
  ResidentLog resident;
  uint64_t resident_bytes = 0;
  uint64_t total_blocks = 0;
};

Watcher::Watcher(std::string output, int pid)
    : output_(std::move(output)), pid_(pid), start_(absl::Now()), last_search_(start_) {}

Watcher::~Watcher() = default;

absl::Duration Watcher::interval() const {
  return std::clamp((absl::Now() - start_) / 500, kShortest, kLongest);
}

void Watcher::AddLedger(const std::string& path) {
  if (processes_.contains(path)) return;
  const absl::StatusOr<ledger::Summary> summary = ledger::ReadSummary(path);
  if (!summary.ok() || summary->phase != Phase::kRecording) return;
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd >= 0) processes_[path] = std::make_unique<Process>(fd, summary->pid);
}

// By name: the folder of the output may hold anything, and much of it.
void Watcher::FindNew() {
  const std::string name = fs::path(output_).filename().string();
  std::error_code error;
  for (const std::string& folder : finish::LedgerFolders(output_)) {
    std::string path = absl::StrCat(folder, "/", name, ".", pid_, ".ledger");
    for (int image = 1; fs::exists(path, error); ++image) {
      AddLedger(path);
      path = absl::StrCat(folder, "/", name, ".", pid_, ".", image, ".ledger");
    }
  }
  fs::directory_iterator at(finish::DescendantFolder(output_), error), end;
  for (; !error && at != end; at.increment(error)) {
    if (absl::EndsWith(at->path().native(), ".ledger")) AddLedger(at->path().string());
  }
}

void Watcher::Look() {
  if (processes_.empty() || absl::Now() - last_search_ >= kBetweenSearches) {
    last_search_ = absl::Now();
    FindNew();
  }
  const uint64_t now = MonotonicNanoseconds();
  for (auto& [path, process] : processes_) {
    process->resident_bytes = ReadResident(process->pid);
    if (process->resident_bytes != 0) process->resident.Add(now, process->resident_bytes);
  }
  std::erase_if(processes_, [](const auto& entry) {
    std::error_code error;
    return entry.second->resident_bytes == 0 || !fs::exists(entry.first, error);
  });
}

void Watcher::StopAll() {
  for (const auto& [path, process] : processes_) ledger::WantStop(path).IgnoreError();
}

bool Watcher::IsAllStopped() const {
  return std::none_of(processes_.begin(), processes_.end(), [](const auto& entry) {
    const absl::StatusOr<ledger::Summary> summary = ledger::ReadSummary(entry.first);
    return summary.ok() && summary->phase == Phase::kRecording;
  });
}

void Watcher::Discard() {
  StopAll();
  for (const auto& [path, process] : processes_) unlink(path.c_str());
  processes_.clear();
}

TreeFigures Watcher::Figures() {
  TreeFigures sum;
  for (auto& [path, process] : processes_) {
    const absl::StatusOr<ledger::LiveFigures> figures = ledger::ReadLiveFigures(path);
    if (!figures.ok()) continue;
    ++sum.processes;
    sum.live_bytes += figures->live_bytes;
    sum.resident_bytes += process->resident_bytes;
    // Cells are read while they change.
    sum.new_blocks +=
        figures->total_blocks - std::min(process->total_blocks, figures->total_blocks);
    process->total_blocks = figures->total_blocks;
  }
  return sum;
}

}  // namespace memshim::analyzer::run
