// See ledger_files.h.
#include "analyzer/finish/ledger_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace memshim::analyzer::finish {
namespace {

namespace fs = std::filesystem;
using ledger::format::Phase;

// "<name>.<pid>[.<image>].ledger" -> pid and image.
bool ParseName(const std::string& file, const std::string& name, LedgerFile* found) {
  absl::string_view rest(file);
  if (!absl::ConsumePrefix(&rest, name) || !absl::ConsumePrefix(&rest, ".") ||
      !absl::ConsumeSuffix(&rest, ".ledger")) {
    return false;
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(rest, '.');
  return parts.size() <= 2 && absl::SimpleAtoi(parts[0], &found->pid) &&
         (parts.size() == 1 || absl::SimpleAtoi(parts[1], &found->image));
}

// "<pid>[.<image>].json", the name of a descendant's profile.
bool IsProfileName(absl::string_view file) {
  return absl::ConsumeSuffix(&file, ".json") && !file.empty() &&
         std::all_of(file.begin(), file.end(), [](char c) { return c == '.' || isdigit(c); });
}

std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    files.push_back(it->path().filename().string());
  }
  return files;
}

bool IsReplaced(const LedgerFile& file, const std::vector<LedgerFile>& all) {
  return std::any_of(all.begin(), all.end(), [&](const LedgerFile& other) {
    return other.pid == file.pid && other.image > file.image &&
           other.summary.start_boottime_ns >= file.summary.start_boottime_ns;
  });
}

}  // namespace

std::vector<std::string> LedgerFolders(const std::string& output) {
  const std::string own = fs::path(output).parent_path().string();
  std::vector<std::string> folders = {own.empty() ? "." : own};
  for (const char* variable : {"XDG_RUNTIME_DIR", "TMPDIR"}) {
    const char* folder = getenv(variable);
    if (folder != nullptr && folder[0] != '\0') folders.push_back(folder);
  }
  return folders;
}

std::vector<LedgerFile> FindLedgers(const std::string& output) {
  std::vector<LedgerFile> all;
  const std::string name = fs::path(output).filename().string();
  std::set<std::string> seen;
  for (const std::string& folder : LedgerFolders(output)) {
    std::error_code error;
    if (!seen.insert(fs::canonical(folder, error).string()).second) continue;
    for (const std::string& file : FilesIn(folder)) {
      LedgerFile found;
      if (!ParseName(file, name, &found)) continue;
      found.path = (fs::path(folder) / file).string();
      struct stat info;  // not another user's, planted for us to believe
      if (lstat(found.path.c_str(), &info) != 0 || info.st_uid != geteuid()) continue;
      const absl::StatusOr<ledger::Summary> summary = ledger::ReadSummary(found.path);
      if (!summary.ok()) continue;  // somebody else's, or damaged: left alone
      found.summary = *summary;
      all.push_back(found);
    }
  }
  for (LedgerFile& file : all) {
    if (IsReplaced(file, all)) {
      file.state = ProcessState::kReplaced;
    } else if (file.summary.phase == Phase::kRecording &&
               ledger::IsProcessAlive(file.summary.pid, file.summary.start_boottime_ns)) {
      file.state = file.summary.is_stop_wanted ? ProcessState::kStopped : ProcessState::kRunning;
    }
  }
  std::sort(all.begin(), all.end(), [](const LedgerFile& a, const LedgerFile& b) {
    return a.summary.start_realtime_ns < b.summary.start_realtime_ns;
  });
  return all;
}

std::string DescendantFolder(const std::string& output) { return output + ".d"; }

std::string NameBeside(const std::string& output, int pid) {
  return absl::StrCat(output, ".", pid, ".json");
}

std::vector<std::string> NamesElsewhere(const std::string& output, int pid,
                                        const std::string& folder) {
  const std::string name = fs::path(NameBeside(output, pid)).filename().string();
  std::vector<std::string> folders = LedgerFolders(output);
  if (!folder.empty()) folders.insert(folders.begin(), folder);
  for (std::string& path : folders) path = (fs::path(path) / name).string();
  return folders;
}

std::vector<std::string> DescendantProfiles(const std::string& output) {
  const std::string folder = DescendantFolder(output);
  std::set<std::string> profiles;
  for (const std::string& file : FilesIn(folder)) {
    // "12.json" is one, and so is what "12.json.12.ledger" will become.
    const size_t end = file.find(".json");
    if (end == std::string::npos) continue;
    const std::string profile = file.substr(0, end) + ".json";
    if (IsProfileName(profile)) profiles.insert((fs::path(folder) / profile).string());
  }
  return {profiles.begin(), profiles.end()};
}

void RemoveEarlierDescendants(const std::string& output, uint64_t start_realtime_ns) {
  const std::string folder = DescendantFolder(output);
  for (const std::string& profile : DescendantProfiles(output)) {
    for (const LedgerFile& file : FindLedgers(profile)) {
      const bool is_here = absl::StartsWith(file.path, folder + "/");
      if (is_here && file.state != ProcessState::kRunning &&
          file.summary.start_realtime_ns < start_realtime_ns) {
        unlink(file.path.c_str());
      }
    }
    const uint64_t modified = ModificationTime(profile);
    if (modified != 0 && modified < start_realtime_ns) unlink(profile.c_str());
  }
  rmdir(folder.c_str());  // succeeds only when it is empty
}

uint64_t ModificationTime(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return 0;
  return static_cast<uint64_t>(info.st_mtim.tv_sec) * 1000000000u +
         static_cast<uint64_t>(info.st_mtim.tv_nsec);
}

}  // namespace memshim::analyzer::finish
