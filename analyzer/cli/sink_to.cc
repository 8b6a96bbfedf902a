// See sink_to.h.
#include "analyzer/cli/sink_to.h"

#include <sys/stat.h>

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "analyzer/cli/output_text.h"
#include "analyzer/dhat/output_file.h"

namespace memshim::analyzer::cli {
namespace {

// The first piece that cannot be written decides.
class StandardOutput : public dhat::ByteSink {
 public:
  void Write(absl::string_view bytes) override {
    if (status_ == kDone) status_ = PrintOutput(bytes);
  }
  int status() const { return status_; }

 private:
  int status_ = kDone;
};

}  // namespace

int WriteTo(const std::string& path, absl::FunctionRef<void(dhat::ByteSink*)> write) {
  if (path == "-") {
    StandardOutput sink;
    write(&sink);
    return sink.status();
  }
  absl::StatusOr<std::unique_ptr<dhat::OutputFile>> file = dhat::OutputFile::Create(path);
  absl::Status status = file.status();
  if (status.ok()) {
    write(file->get());
    status = (*file)->Commit();
  }
  if (status.ok()) return kDone;
  PrintNote(status.message());
  return kOutputFailed;
}

bool AreSameFile(const std::string& a, const std::string& b) {
  struct stat first, second;
  return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

absl::Status CheckIsNoInput(absl::string_view option, const std::string& output,
                            const std::vector<std::string>& inputs) {
  if (output.empty()) return absl::OkStatus();
  for (const std::string& input : inputs) {
    // By name, too: a profile that a command is about to leave is not there yet.
    if (input != output && !AreSameFile(input, output)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(output, ": expected another file than is read for --", option));
  }
  return absl::OkStatus();
}

}  // namespace memshim::analyzer::cli
