// See input_file.h.
// Anonymous pages are used instead of a heap block: they are given back to the system at once,
// which matters for a file of half a gigabyte, and they are zero behind the text.
#include "analyzer/dhat/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "analyzer/base/large_pages.h"

namespace memshim::analyzer::dhat {
namespace {

constexpr size_t kPadding = 64;                       // simdjson::SIMDJSON_PADDING of 3.x
constexpr uint64_t kMaxBytes = uint64_t{4000000000};  // simdjson's own limit is 2^32

absl::Status NotReadable(const std::string& path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", why));
}

absl::Status CheckKind(const std::string& path, const struct stat& info) {
  if (S_ISREG(info.st_mode)) return absl::OkStatus();
  const char* kind = S_ISDIR(info.st_mode)    ? "a directory"
                     : S_ISFIFO(info.st_mode) ? "a pipe"
                     : S_ISSOCK(info.st_mode) ? "a socket"
                                              : "a device";
  return NotReadable(
      path, absl::StrCat("expected a file, found ", kind, "; give the path of a dhat-heap.json"));
}

absl::Status ErrnoStatus(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return NotReadable(path,
                         "no such file; record a profile first (statically linked and set-user-ID "
                         "programs cannot be recorded)");
    case EACCES:
    case EPERM:
      return NotReadable(path,
                         "permission denied; profiles are written readable by their owner "
                         "only: run the report as that user");
    default:
      return NotReadable(path, absl::StrCat("cannot be read: ", strerror(error)));
  }
}

}  // namespace

InputFile::InputFile(InputFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, 0)) {}

InputFile::~InputFile() {
  if (data_ != nullptr) munmap(data_, mapped_);
}

absl::StatusOr<InputFile> InputFile::Read(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return ErrnoStatus(path, errno);
  if (absl::Status status = CheckKind(path, info); !status.ok()) return status;
  // O_NONBLOCK and the second look: the name may mean a fifo by now.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return ErrnoStatus(path, errno);
  absl::Cleanup close_fd = [fd] { close(fd); };
  if (fstat(fd, &info) != 0) return ErrnoStatus(path, errno);
  if (absl::Status status = CheckKind(path, info); !status.ok()) return status;
  const uint64_t file_bytes = static_cast<uint64_t>(info.st_size);
  if (file_bytes == 0) {
    return NotReadable(path,
                       "expected a DHAT profile, found an empty file; record the profile again");
  }
  if (file_bytes > kMaxBytes) {
    return NotReadable(path, absl::StrCat("expected at most ", kMaxBytes, " bytes, found ",
                                          file_bytes, "; record with fewer frames a stack"));
  }
  InputFile file;
  const size_t wanted = file_bytes + kPadding;
  void* pages = mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return ErrnoStatus(path, errno);
  AskForLargePages(pages, wanted);
  file.data_ = static_cast<char*>(pages);
  file.mapped_ = wanted;
  while (file.size_ < file_bytes) {
    const ssize_t got = read(fd, file.data_ + file.size_, file_bytes - file.size_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(path, errno);
    if (got == 0) break;  // cut short meanwhile: the parser says where it ends
    file.size_ += static_cast<size_t>(got);
  }
  return file;
}

}  // namespace memshim::analyzer::dhat
