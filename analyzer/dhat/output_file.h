// A file that appears under its name only when it is complete: written under a temporary name in
// the same directory, then renamed. If anything fails the temporary is removed and an earlier file
// of that name stays as it was. Nothing is opened through a symbolic link.
#ifndef MEMSHIM_ANALYZER_DHAT_OUTPUT_FILE_H_
#define MEMSHIM_ANALYZER_DHAT_OUTPUT_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "analyzer/dhat/json_output.h"

namespace memshim::analyzer::dhat {

class OutputFile : public ByteSink {
 public:
  // Readable by the owner only, as valgrind does it: arguments and paths may be private.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Create(const std::string& path);

  // Removes the temporary unless Commit() has succeeded.
  ~OutputFile() override;

  // After a failure nothing more is written; Commit() reports it.
  void Write(absl::string_view bytes) override;
  absl::Status Commit();

 private:
  OutputFile(std::string path, std::string temporary, int fd);

  std::string path_;
  std::string temporary_;
  int fd_;
  int error_ = 0;  // errno of the first failure
  bool is_committed_ = false;
};

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_OUTPUT_FILE_H_
