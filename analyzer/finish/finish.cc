// See finish.h.
#include "analyzer/finish/finish.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "analyzer/dhat/fold.h"
#include "analyzer/dhat/writer.h"
#include "analyzer/finish/build_profile.h"
#include "analyzer/ledger/reader.h"

namespace memshim::analyzer::finish {
namespace {

namespace fs = std::filesystem;
using ledger::format::Phase;

// The peak resident set of a process that waits for us; the kernel forgets it with the process.
std::optional<uint64_t> ReadPeakRss(int pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  std::string line;
  while (std::getline(status, line)) {
    absl::string_view rest(line);
    uint64_t kib = 0;
    if (!absl::ConsumePrefix(&rest, "VmHWM:")) continue;
    absl::ConsumeSuffix(&rest, "kB");
    if (absl::SimpleAtoi(absl::StripAsciiWhitespace(rest), &kib)) return kib * 1024;
  }
  return std::nullopt;
}

absl::Status Write(model::Profile profile, bool is_unfolded, const std::string& path) {
  if (!is_unfolded) dhat::FoldToSize(&profile, dhat::kDefaultMaxFileBytes);
  return dhat::WriteProfile(std::move(profile), path);
}

// A ledger found beside an output.
struct Found {
  std::string path;
  int pid = 0;
  unsigned image = 0;  // programs that ran in the process before
  ledger::Summary summary;
  bool is_replaced = false;  // a later image of the same process has a ledger, too
  bool is_running = false;
};

// "<name>.<pid>[.<image>].ledger" -> pid and image.
bool ParseName(const std::string& file, const std::string& name, Found* found) {
  absl::string_view rest(file);
  if (!absl::ConsumePrefix(&rest, name) || !absl::ConsumePrefix(&rest, ".") ||
      !absl::ConsumeSuffix(&rest, ".ledger")) {
    return false;
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(rest, '.');
  return parts.size() <= 2 && absl::SimpleAtoi(parts[0], &found->pid) &&
         (parts.size() == 1 || absl::SimpleAtoi(parts[1], &found->image));
}

// Where the shim may have put the ledgers of an output, in its order.
std::vector<std::string> LedgerFolders(const std::string& output) {
  std::vector<std::string> folders;
  const std::string own = fs::path(output).parent_path().string();
  folders.push_back(own.empty() ? "." : own);
  for (const char* variable : {"XDG_RUNTIME_DIR", "TMPDIR"}) {
    const char* folder = getenv(variable);
    if (folder != nullptr && folder[0] != '\0') folders.push_back(folder);
  }
  return folders;
}

std::vector<Found> FindLedgers(const std::string& output) {
  std::vector<Found> all;
  const std::string name = fs::path(output).filename().string();
  std::set<std::string> seen;
  for (const std::string& folder : LedgerFolders(output)) {
    std::error_code error;
    if (!seen.insert(fs::canonical(folder, error).string()).second) continue;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      Found found;
      if (!ParseName(it->path().filename().string(), name, &found)) continue;
      found.path = it->path().string();
      absl::StatusOr<ledger::Summary> summary = ledger::ReadSummary(found.path);
      if (!summary.ok()) continue;  // somebody else's, or damaged: left alone
      found.summary = *summary;
      all.push_back(found);
    }
  }
  for (Found& found : all) {
    found.is_replaced = std::any_of(all.begin(), all.end(), [&](const Found& other) {
      return other.pid == found.pid && other.image > found.image &&
             other.summary.start_boottime_ns >= found.summary.start_boottime_ns;
    });
    found.is_running = !found.is_replaced && found.summary.phase == Phase::kRecording &&
                       ledger::IsProcessAlive(found.summary.pid, found.summary.start_boottime_ns);
  }
  std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) {
    return a.summary.start_realtime_ns < b.summary.start_realtime_ns;
  });
  return all;
}

ProcessState StateOf(const Found& found) {
  if (found.is_replaced) return ProcessState::kReplaced;
  return found.is_running ? ProcessState::kRunning : ProcessState::kGone;
}

// Writes the profile of a dead process's ledger and removes the ledger.
absl::StatusOr<model::Profile> Settle(const Found& found, const std::string& path) {
  absl::StatusOr<ledger::Contents> contents = ledger::ReadLedger(found.path);
  if (!contents.ok()) return contents.status();
  model::Profile profile = BuildProfile(*contents, StateOf(found));
  const absl::Status status = Write(profile, contents->is_unfolded, path);
  if (!status.ok()) return status;
  unlink(found.path.c_str());
  return profile;
}

// The name, under the output's folder for other processes, of a ledger that is not the newest.
std::string AsideName(const std::string& output, const Found& found) {
  const std::string image = found.image == 0 ? "" : absl::StrCat(".", found.image);
  return absl::StrCat(output, ".d/", found.pid, image, ".json");
}

void SettleAside(const std::string& output, const Found& found) {
  mkdir(absl::StrCat(output, ".d").c_str(), 0700);
  // A failure leaves the ledger where it is, for the next report.
  Settle(found, AsideName(output, found)).status().IgnoreError();
}

// Nanoseconds since 1970; 0 when there is no such file.
uint64_t ModificationTime(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return 0;
  return static_cast<uint64_t>(info.st_mtim.tv_sec) * 1000000000u +
         static_cast<uint64_t>(info.st_mtim.tv_nsec);
}

}  // namespace

absl::StatusOr<model::Profile> FinishLedger(const std::string& ledger_path, std::string* written) {
  absl::StatusOr<ledger::Contents> contents = ledger::ReadLedger(ledger_path);
  if (!contents.ok()) return contents.status();
  if (contents->output.empty()) {
    return absl::DataLossError(absl::StrCat(ledger_path,
                                            ": expected the name of an output in the "
                                            "ledger, found none; record the program again"));
  }
  const bool is_waiting = ledger::IsProcessAlive(contents->pid, contents->start_boottime_ns);
  model::Profile profile =
      BuildProfile(*contents, is_waiting ? ProcessState::kRunning : ProcessState::kGone);
  if (is_waiting) profile.peak_rss_bytes = ReadPeakRss(contents->pid);
  *written = contents->output;
  absl::Status status = Write(profile, contents->is_unfolded, *written);
  if (!status.ok() && ledger_path != "-") {
    *written = std::string(absl::StripSuffix(ledger_path, ".ledger")) + ".json";
    status = Write(profile, contents->is_unfolded, *written);
  }
  if (!status.ok()) return status;
  if (ledger_path != "-") unlink(ledger_path.c_str());
  // Earlier programs of the same process: sh -c "exec app".
  for (const Found& found : FindLedgers(contents->output)) {
    if (found.pid == contents->pid && found.path != ledger_path && !found.is_running) {
      Found replaced = found;
      replaced.is_replaced = true;
      SettleAside(contents->output, replaced);
    }
  }
  return profile;
}

absl::StatusOr<std::optional<model::Profile>> FinishFor(const std::string& output) {
  std::vector<Found> all = FindLedgers(output);
  if (all.empty()) return std::nullopt;
  const Found newest = all.back();
  all.pop_back();
  std::optional<model::Profile> result;
  const bool is_newer = newest.summary.start_realtime_ns > ModificationTime(output);
  if (newest.is_running && is_newer) {
    absl::StatusOr<model::Profile> profile = ReadSnapshot(newest.path);
    if (!profile.ok()) return profile.status();
    result = *std::move(profile);
  } else if (!newest.is_running && is_newer) {
    absl::StatusOr<model::Profile> profile = Settle(newest, output);
    if (!profile.ok()) return profile.status();
    result = *std::move(profile);
  } else if (!newest.is_running) {
    SettleAside(output, newest);
  }
  for (const Found& found : all) {
    if (!found.is_running) SettleAside(output, found);
  }
  return result;
}

absl::StatusOr<model::Profile> ReadSnapshot(const std::string& ledger_path) {
  absl::StatusOr<ledger::Contents> contents = ledger::ReadLedger(ledger_path);
  if (!contents.ok()) return contents.status();
  const bool is_running = contents->phase == Phase::kRecording &&
                          ledger::IsProcessAlive(contents->pid, contents->start_boottime_ns);
  return BuildProfile(*contents, is_running ? ProcessState::kRunning : ProcessState::kGone);
}

}  // namespace memshim::analyzer::finish
