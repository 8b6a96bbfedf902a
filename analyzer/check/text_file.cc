// See text_file.h.
#include "analyzer/check/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace memshim::analyzer::check {
namespace {

// What parsers are given: nobody writes more by hand.
constexpr size_t kMostBytes = 1 << 20;

absl::Status Failed(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what, ": ", strerror(errno)));
}

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failed(path, "cannot be read");
  const absl::Cleanup closer = [fd] { close(fd); };
  std::string text(kMostBytes + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = read(fd, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failed(path, "cannot be read");
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  if (size > kMostBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": expected a text of at most ", kMostBytes, " bytes, found more"));
  }
  text.resize(size);
  return text;
}

absl::Status WriteTextFile(const std::string& path, absl::string_view text, WriteMode mode) {
  // With the permissions that the user's files have: others' jobs are to read it.
  const int fd = open(
      path.c_str(),
      O_WRONLY | O_CREAT | O_CLOEXEC | (mode == WriteMode::kAppend ? O_APPEND : O_TRUNC), 0666);
  if (fd < 0) return Failed(path, "cannot be written");
  const absl::Cleanup closer = [fd] { close(fd); };
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failed(path, "cannot be written");
    text.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

}  // namespace memshim::analyzer::check
