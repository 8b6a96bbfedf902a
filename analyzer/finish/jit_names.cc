// See jit_names.h.
#include "analyzer/finish/jit_names.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <tuple>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace memshim::analyzer::finish {
namespace {

constexpr size_t kMostBytes = 256 << 20;
constexpr size_t kMostEntries = 4 << 20;
constexpr size_t kLongestName = 1024;
// How many entries that begin before an address are looked at: those behind lie further away, and
// only nonsense overlaps with so many.
constexpr int kMostOverlaps = 64;

std::string ReadAll(int fd, size_t size) {
  std::string text(std::min(size, kMostBytes), '\0');
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t bytes = read(fd, text.data() + done, text.size() - done);
    if (bytes <= 0) break;
    done += static_cast<size_t>(bytes);
  }
  text.resize(done);
  return text;
}

}  // namespace

JitNames::JitNames(absl::string_view map) {
  uint32_t number = 0;
  for (const absl::string_view line : absl::StrSplit(map, '\n')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(' ', 2));
    uint64_t start, size;
    if (parts.size() < 3 || parts[2].empty() || !absl::SimpleHexAtoi(parts[0], &start) ||
        !absl::SimpleHexAtoi(parts[1], &size) || start + size < start) {
      continue;
    }
    if (entries_.size() == kMostEntries) break;
    entries_.push_back(
        {start, start + size, number++, std::string(parts[2].substr(0, kLongestName))});
  }
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.start, a.line) < std::tie(b.start, b.line);
  });
}

JitNames JitNames::Read(const std::string& path, uint32_t owner, uint64_t start_realtime_ns) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return {};
  const absl::Cleanup close_it = [fd] { close(fd); };
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_uid != owner) return {};
  // Another process with this number has left it. (File times are coarser than the clock.)
  const uint64_t written = static_cast<uint64_t>(info.st_mtim.tv_sec) + 1;
  if (written < start_realtime_ns / 1'000'000'000) return {};
  return JitNames(ReadAll(fd, static_cast<size_t>(info.st_size)));
}

JitPlace TakeApart(absl::string_view name) {
  JitPlace whole = {std::string(name), "", 0};
  const size_t blank = name.rfind(' ');
  if (!absl::StartsWith(name, "JS:") || blank == absl::string_view::npos) return whole;
  std::vector<absl::string_view> place = absl::StrSplit(name.substr(blank + 1), ':');
  JitPlace parts;
  uint32_t column;
  if (place.size() < 3 || !absl::SimpleAtoi(place.back(), &column) ||
      !absl::SimpleAtoi(place[place.size() - 2], &parts.line)) {
    return whole;
  }
  place.resize(place.size() - 2);
  const std::string path = absl::StrJoin(place, ":");
  parts.file = path.substr(path.rfind('/') + 1);
  absl::string_view function = name.substr(3, blank - 3);
  if (!function.empty() && absl::StrContains("~*^+'", function[0])) function.remove_prefix(1);
  parts.function = function.empty() ? "(anonymous)" : std::string(function);
  return parts;
}

std::string JitNames::PathFor(int pid) { return absl::StrCat("/tmp/perf-", pid, ".map"); }

absl::string_view JitNames::Find(uint64_t address) const {
  auto entry = std::upper_bound(entries_.begin(), entries_.end(), address,
                                [](uint64_t at, const Entry& e) { return at < e.start; });
  const Entry* last = nullptr;
  for (int i = 0; i < kMostOverlaps && entry != entries_.begin(); ++i) {
    --entry;
    if (address < entry->end && (last == nullptr || last->line < entry->line)) last = &*entry;
  }
  return last == nullptr ? absl::string_view() : absl::string_view(last->name);
}

}  // namespace memshim::analyzer::finish
