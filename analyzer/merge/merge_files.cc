// See merge_files.h.
#include "analyzer/merge/merge_files.h"

#include <filesystem>
#include <utility>

#include "analyzer/dhat/reader.h"
#include "analyzer/finish/finish.h"
#include "analyzer/merge/merger.h"

namespace memshim::analyzer::merge {

absl::StatusOr<model::Profile> SumFiles(const std::vector<std::string>& paths) {
  Merger merger;
  for (const std::string& path : paths) {
    absl::StatusOr<model::Profile> profile = finish::LoadProfile(path);
    if (!profile.ok()) return profile.status();
    absl::Status status = merger.Add(*profile, path);
    if (!status.ok()) return status;
  }
  return merger.Take();
}

bool MayReplace(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, error))) return true;
  const absl::StatusOr<model::Profile> profile = dhat::ReadProfile(path);
  return profile.ok() && profile->merged_profiles > 0;
}

}  // namespace memshim::analyzer::merge
