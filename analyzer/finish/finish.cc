// See finish.h.
#include "analyzer/finish/finish.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "analyzer/dhat/fit.h"
#include "analyzer/dhat/fold.h"
#include "analyzer/dhat/reader.h"
#include "analyzer/dhat/writer.h"
#include "analyzer/finish/build_profile.h"
#include "analyzer/finish/ledger_files.h"
#include "analyzer/finish/resident.h"
#include "analyzer/ledger/reader.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::finish {
namespace {

namespace fs = std::filesystem;

void Fit(bool is_unfolded, model::Profile* profile) {
  if (is_unfolded) {
    dhat::FitStacks(profile);
  } else {
    dhat::FoldToSize(profile, dhat::kDefaultMaxFileBytes);
  }
}

// Writes the profile of a ledger whose recording is over and removes the ledger.
absl::StatusOr<model::Profile> Settle(const LedgerFile& file, const std::string& path) {
  const bool goes_on = file.state == ProcessState::kStopped;
  absl::StatusOr<ledger::Contents> contents =
      ledger::ReadLedger(file.path, goes_on ? ledger::RunEnd::kNow : ledger::RunEnd::kLastEvent);
  if (!contents.ok()) return contents.status();
  model::Profile profile = BuildProfile(*contents, file.state);
  if (ledger::IsProcessAlive(contents->pid, contents->start_boottime_ns)) {  // only stopped
    ReadResident(contents->pid, &profile);
  }
  // A copy: the report that follows is of all points.
  absl::Status status = WriteFitting(profile, contents->is_unfolded, path);
  if (!status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat(status.message(), "; what was recorded is in ", file.path));
  }
  unlink(file.path.c_str());
  return profile;
}

// What is not the newest goes where the other processes are.
void SettleAside(const std::string& output, const LedgerFile& file) {
  const std::string folder = DescendantFolder(output);
  const std::string image = file.image == 0 ? "" : absl::StrCat(".", file.image);
  mkdir(folder.c_str(), 0700);
  // A failure leaves the ledger where it is, for the next report.
  Settle(file, absl::StrCat(folder, "/", file.pid, image, ".json")).status().IgnoreError();
}

uint64_t TotalBytes(const model::Profile& profile) {
  uint64_t total = 0;
  for (const model::Point& point : profile.points) {
    total = model::SaturatingAdd(total, point.counters.total_bytes);
  }
  return total;
}

// A descendant by its profile, which may still be a ledger; nullopt when neither can be read.
std::optional<Descendant> ReadDescendant(const std::string& path, uint64_t since_unix_ms) {
  Descendant result;
  result.path = path;
  const std::vector<LedgerFile> ledgers = FindLedgers(path);
  if (!ledgers.empty()) {
    const absl::StatusOr<ledger::Contents> contents = ledger::ReadLedger(ledgers.back().path);
    if (!contents.ok()) return std::nullopt;
    if (contents->start_realtime_ns / 1000000 < since_unix_ms) return std::nullopt;
    result.pid = contents->pid;
    result.command = contents->command.empty() ? "" : contents->command[0];
    for (const ledger::PointSums& sums : contents->sums) {
      result.total_bytes = model::SaturatingAdd(result.total_bytes, sums.total_bytes);
    }
    return result;
  }
  const absl::StatusOr<model::Profile> profile = dhat::ReadProfile(path);
  if (!profile.ok()) return std::nullopt;
  // What ran in the same process before is older than its profile.
  const bool is_earlier_image = profile->ending == model::Ending::kExec;
  if (profile->start_unix_ms < since_unix_ms && !is_earlier_image) return std::nullopt;
  result.pid = static_cast<int>(profile->pid);
  result.command = profile->command.substr(0, profile->command.find(' '));
  result.total_bytes = TotalBytes(*profile);
  return result;
}

// Whether the output is the profile of another process that ended while this one ran: two that
// know nothing of each other were given one output.
bool IsTaken(const ledger::Contents& contents) {
  if (!contents.is_first || ModificationTime(contents.output) <= contents.start_realtime_ns) {
    return false;
  }
  const absl::StatusOr<model::Profile> other = dhat::ReadProfile(contents.output);
  return other.ok() && other->is_ours && other->pid != static_cast<uint64_t>(contents.pid);
}

// Where it was written: the output; with its pid where that is taken; or when its folder cannot be
// written to, where the ledger lies or would have.
absl::StatusOr<std::string> WriteSomewhere(const model::Profile& profile,
                                           const ledger::Contents& contents,
                                           const std::string& ledger_path) {
  const std::string output =
      IsTaken(contents) ? NameBeside(contents.output, contents.pid) : contents.output;
  const absl::Status status = dhat::WriteFitProfile(profile, output);
  if (status.ok()) return output;
  const fs::path folder = fs::path(ledger_path).parent_path();  // none of "-", which is a pipe
  for (const std::string& path : NamesElsewhere(contents.output, contents.pid, folder.string())) {
    if (dhat::WriteFitProfile(profile, path).ok()) return path;
  }
  return status;
}

}  // namespace

absl::Status WriteFitting(model::Profile profile, bool is_unfolded, const std::string& path) {
  Fit(is_unfolded, &profile);
  return dhat::WriteFitProfile(profile, path);
}

absl::StatusOr<Finished> FinishLedger(const std::string& ledger_path) {
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
  if (is_waiting) ReadResident(contents->pid, &profile);
  Fit(contents->is_unfolded, &profile);
  absl::StatusOr<std::string> path = WriteSomewhere(profile, *contents, ledger_path);
  if (!path.ok()) return path.status();
  if (ledger_path != "-") unlink(ledger_path.c_str());
  Finished finished = {*std::move(path), std::move(profile)};
  if (!contents->is_first) return finished;
  // Earlier programs of the same process: sh -c "exec app". What they started is of this run, too.
  std::vector<LedgerFile> earlier = FindLedgers(contents->output);
  std::erase_if(earlier, [&](const LedgerFile& file) {
    return file.pid != contents->pid || file.path == ledger_path;
  });
  uint64_t start_realtime_ns = contents->start_realtime_ns;
  for (const LedgerFile& file : earlier) {
    start_realtime_ns = std::min(start_realtime_ns, file.summary.start_realtime_ns);
  }
  RemoveEarlierDescendants(contents->output, start_realtime_ns);
  for (LedgerFile& file : earlier) {
    file.state = ProcessState::kReplaced;
    SettleAside(contents->output, file);
  }
  return finished;
}

absl::StatusOr<std::optional<model::Profile>> FinishFor(const std::string& output) {
  std::vector<LedgerFile> all = FindLedgers(output);
  std::optional<model::Profile> result;
  if (!all.empty() && all.back().summary.start_realtime_ns > ModificationTime(output)) {
    absl::StatusOr<model::Profile> profile = all.back().state == ProcessState::kRunning
                                                 ? ReadSnapshot(all.back().path)
                                                 : Settle(all.back(), output);
    if (!profile.ok()) return profile.status();
    result = *std::move(profile);
    all.pop_back();
  }
  for (const LedgerFile& file : all) {
    if (file.state != ProcessState::kRunning) SettleAside(output, file);
  }
  return result;
}

std::vector<Descendant> FindDescendants(const std::string& output, const model::Profile& profile) {
  std::vector<Descendant> result;
  for (const std::string& path : DescendantProfiles(output)) {
    std::optional<Descendant> descendant = ReadDescendant(path, profile.start_unix_ms);
    if (descendant.has_value()) result.push_back(*std::move(descendant));
  }
  std::sort(result.begin(), result.end(), [](const Descendant& a, const Descendant& b) {
    return a.total_bytes != b.total_bytes ? a.total_bytes > b.total_bytes : a.pid < b.pid;
  });
  return result;
}

absl::StatusOr<model::Profile> LoadProfile(const std::string& path) {
  if (absl::EndsWith(path, ".ledger")) return ReadSnapshot(path);
  absl::StatusOr<std::optional<model::Profile>> finished = FinishFor(path);
  if (!finished.ok()) return finished.status();
  if (finished->has_value()) return **std::move(finished);
  return dhat::ReadProfile(path);
}

absl::StatusOr<model::Profile> ReadSnapshot(const std::string& ledger_path) {
  absl::StatusOr<ledger::Contents> contents = ledger::ReadLedger(ledger_path, ledger::RunEnd::kNow);
  if (!contents.ok()) return contents.status();
  const bool is_running = contents->phase == ledger::format::Phase::kRecording &&
                          ledger::IsProcessAlive(contents->pid, contents->start_boottime_ns);
  return BuildProfile(*contents, is_running ? ProcessState::kRunning : ProcessState::kGone);
}

}  // namespace memshim::analyzer::finish
