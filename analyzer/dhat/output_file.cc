// See output_file.h.
#include "analyzer/dhat/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace memshim::analyzer::dhat {
namespace {

absl::Status CannotWrite(const std::string& path, absl::string_view why) {
  return absl::UnavailableError(absl::StrCat(path, ": cannot be written: ", why));
}

// The rename would replace a directory entry of any kind, e.g. /dev/stdout for root.
absl::Status CheckTarget(const std::string& path) {
  struct stat info;
  if (path.empty()) return CannotWrite("(no name)", "expected the path of a file");
  if (path.back() == '/') return CannotWrite(path, "expected the path of a file");
  if (lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (S_ISLNK(info.st_mode) && stat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (S_ISREG(info.st_mode)) return absl::OkStatus();
  return CannotWrite(path, S_ISDIR(info.st_mode) ? "it is a directory" : "it is not a file");
}

uint64_t RandomNumber() {
  uint64_t number = 0;
  if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number)) {
    number = static_cast<uint64_t>(getpid());  // O_EXCL makes a collision harmless
  }
  return number;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Create(const std::string& path) {
  if (absl::Status status = CheckTarget(path); !status.ok()) return status;
  constexpr int kAttempts = 8;
  int error = 0;
  // Short names of its own, not `path` plus a suffix: that could exceed the limit of 255 bytes.
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::string temporary =
        absl::StrFormat("%s.memshim-%016x.tmp", directory, RandomNumber());
    const int fd = open(temporary.c_str(),
                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd >= 0) {
      return std::unique_ptr<OutputFile>(new OutputFile(path, temporary, fd));
    }
    error = errno;
    if (error != EEXIST) break;
  }
  return CannotWrite(path, strerror(error));
}

OutputFile::OutputFile(std::string path, std::string temporary, int fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}

OutputFile::~OutputFile() {
  if (fd_ >= 0) close(fd_);
  if (!is_committed_) unlink(temporary_.c_str());
}

void OutputFile::Write(absl::string_view bytes) {
  while (!bytes.empty() && error_ == 0) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (written == 0) {
      error_ = ENOSPC;
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
}

absl::Status OutputFile::Commit() {
  // Some file systems report a full disk or quota at close.
  if (close(std::exchange(fd_, -1)) != 0 && error_ == 0 && errno != EINTR) error_ = errno;
  if (error_ == 0 && rename(temporary_.c_str(), path_.c_str()) != 0) error_ = errno;
  if (error_ != 0) return CannotWrite(path_, strerror(error_));
  is_committed_ = true;
  return absl::OkStatus();
}

}  // namespace memshim::analyzer::dhat
