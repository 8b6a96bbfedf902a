// See process_tree.h.
#include "analyzer/run/process_tree.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "analyzer/dhat/reader.h"
#include "analyzer/finish/finish.h"
#include "analyzer/finish/ledger_files.h"
#include "analyzer/merge/merge_files.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::run {
namespace {

RecordedProcess Describe(const model::Profile& profile, const std::string& path) {
  RecordedProcess process;
  process.pid = profile.pid;
  process.command = profile.command;
  process.ending = profile.ending;
  process.exit_status = profile.exit_status;
  process.path = path;
  for (const model::Point& point : profile.points) {
    const model::Counters& counters = point.counters;
    process.total_bytes = model::SaturatingAdd(process.total_bytes, counters.total_bytes);
    process.peak_bytes = model::SaturatingAdd(process.peak_bytes, counters.gmax_bytes);
    process.end_bytes = model::SaturatingAdd(process.end_bytes, counters.end_bytes);
  }
  return process;
}

void AddProcess(const std::string& path, uint64_t start_unix_ms, ProcessTree* tree) {
  absl::StatusOr<std::optional<model::Profile>> finished = finish::FinishFor(path);
  if (!finished.ok()) {
    tree->failures.emplace_back(finished.status().message());
    return;
  }
  if (finished->has_value()) {
    tree->processes.push_back(Describe(**finished, path));
    tree->processes.back().is_written = finish::ModificationTime(path) / 1000000 >= start_unix_ms;
    return;
  }
  if (!std::filesystem::exists(path)) return;
  const absl::StatusOr<model::Profile> profile = dhat::ReadProfile(path);
  if (!profile.ok()) {
    tree->failures.emplace_back(profile.status().message());
  } else if (profile->is_ours && profile->start_unix_ms >= start_unix_ms) {
    tree->processes.push_back(Describe(*profile, path));
    tree->processes.back().is_written = true;
  }
}

// "<output>.d/<pid>.json", or the next name that is free.
std::string NameBesideOthers(const std::string& output, uint64_t pid) {
  const std::string folder = finish::DescendantFolder(output);
  std::string path = absl::StrCat(folder, "/", pid, ".json");
  for (int n = 1; std::filesystem::exists(path); ++n) {
    path = absl::StrCat(folder, "/", pid, ".", n, ".json");
  }
  return path;
}

}  // namespace

ProcessTree FinishTree(const std::string& output, uint64_t start_unix_ms, int first_pid,
                       const std::string& ledger_folder) {
  ProcessTree tree;
  const std::vector<std::string> elsewhere =
      finish::NamesElsewhere(output, first_pid, ledger_folder);
  const auto found = std::find_if(elsewhere.begin(), elsewhere.end(), [&](const auto& path) {
    const uint64_t written_ns = finish::ModificationTime(path);
    return written_ns != 0 && written_ns / 1000000 >= start_unix_ms;
  });
  AddProcess(found == elsewhere.end() ? output : *found, start_unix_ms, &tree);
  for (const std::string& path : finish::DescendantProfiles(output)) {
    AddProcess(path, start_unix_ms, &tree);
  }
  std::stable_sort(tree.processes.begin(), tree.processes.end(),
                   [](const RecordedProcess& a, const RecordedProcess& b) {
                     return a.total_bytes > b.total_bytes;
                   });
  return tree;
}

absl::Status MergeTree(const std::string& output, ProcessTree* tree) {
  std::vector<std::string> finished;
  for (const RecordedProcess& process : tree->processes) {
    if (process.is_written) finished.push_back(process.path);
  }
  if (finished.size() < 2) return absl::OkStatus();
  absl::StatusOr<model::Profile> sum = merge::SumFiles(finished);
  if (!sum.ok()) return sum.status();
  std::error_code error;
  for (RecordedProcess& process : tree->processes) {
    if (process.path != output || !process.is_written) continue;
    process.path = NameBesideOthers(output, process.pid);
    std::filesystem::rename(output, process.path, error);
    if (error) return absl::UnavailableError(absl::StrCat(process.path, ": ", error.message()));
  }
  absl::Status status = finish::WriteFitting(*std::move(sum), /*is_unfolded=*/false, output);
  if (status.ok()) tree->merged_path = output;
  return status;
}

}  // namespace memshim::analyzer::run
