// The text of an input file in memory, with the padding that simdjson reads past the end.
// Called by the reader only. The file is copied, not mapped: a file that another process cuts
// short while it is read must give an error line, and a mapping would give SIGBUS.
// Never opens what is not a regular file, so that a fifo cannot block the report.
#ifndef MEMSHIM_ANALYZER_DHAT_INPUT_FILE_H_
#define MEMSHIM_ANALYZER_DHAT_INPUT_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::dhat {

class InputFile {
 public:
  // Fails with one line that starts with `path` and says what to do.
  static absl::StatusOr<InputFile> Read(const std::string& path);

  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();

  absl::string_view text() const { return absl::string_view(data_, size_); }
  size_t padded_size() const { return mapped_; }

 private:
  InputFile() = default;

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t mapped_ = 0;
};

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_INPUT_FILE_H_
