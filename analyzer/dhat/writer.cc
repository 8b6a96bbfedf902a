// See writer.h.
#include "analyzer/dhat/writer.h"

#include <memory>

#include "absl/status/statusor.h"
#include "analyzer/dhat/fit.h"
#include "analyzer/dhat/json_output.h"
#include "analyzer/dhat/output_file.h"

namespace memshim::analyzer::dhat {

absl::Status WriteProfile(model::Profile profile, const std::string& path) {
  FitStacks(&profile);
  return WriteFitProfile(profile, path);
}

absl::Status WriteFitProfile(const model::Profile& profile, const std::string& path) {
  absl::StatusOr<std::unique_ptr<OutputFile>> file = OutputFile::Create(path);
  if (!file.ok()) return file.status();
  WriteJson(profile, file->get());
  return (*file)->Commit();
}

}  // namespace memshim::analyzer::dhat
