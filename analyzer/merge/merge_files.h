// Merging of files; what the merge and the run command share.
#ifndef MEMSHIM_ANALYZER_MERGE_MERGE_FILES_H_
#define MEMSHIM_ANALYZER_MERGE_MERGE_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::merge {

// The sum of the profiles in `paths`, of which there is at least one.
absl::StatusOr<model::Profile> SumFiles(const std::vector<std::string>& paths);

// Whether a merge may take the place of `path`: there is nothing, or an earlier merge.
bool MayReplace(const std::string& path);

}  // namespace memshim::analyzer::merge

#endif  // MEMSHIM_ANALYZER_MERGE_MERGE_FILES_H_
