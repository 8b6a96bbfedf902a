// See ledger_file.h.
#include "analyzer/ledger/ledger_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace memshim::analyzer::ledger {
namespace {

constexpr uint64_t kLargestLedger = uint64_t{format::kMaxUnits} * format::kUnitBytes;

}  // namespace

absl::StatusOr<LedgerFile> LedgerFile::ReadStandardInput() {
  LedgerFile file("standard input", -1);
  file.owner_ = geteuid();
  std::vector<char> buffer(format::kUnitBytes);
  for (;;) {
    const ssize_t n = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) {
      file.present_bytes_ = file.bytes_.size();
      return file;
    }
    if (n < 0 || file.bytes_.size() + static_cast<size_t>(n) > kLargestLedger) {
      return absl::InvalidArgumentError(
          absl::StrCat("standard input: expected a ledger of at most 4 GiB, reading stopped after ",
                       file.bytes_.size(), " bytes"));
    }
    file.bytes_.insert(file.bytes_.end(), buffer.data(), buffer.data() + n);
  }
}

absl::StatusOr<LedgerFile> LedgerFile::Open(const std::string& path) {
  if (path == "-") return ReadStandardInput();
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) {
    return absl::NotFoundError(
        absl::StrCat(path, ": expected a memshim ledger, cannot open it: ", strerror(errno)));
  }
  LedgerFile file(path, fd);
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": expected a memshim ledger, found something that is no regular file"));
  }
  // Entries are never sparse: what a hostile file claims costs it as much on disk.
  file.present_bytes_ = static_cast<uint64_t>(info.st_blocks) * 512;
  // Somebody else's file in a shared folder may have been planted there.
  if (geteuid() != 0 && info.st_uid != geteuid()) {
    return absl::PermissionDeniedError(absl::StrCat(
        path, ": expected a ledger of your own, found one of user ", info.st_uid, "; not read"));
  }
  file.owner_ = info.st_uid;
  return file;
}

LedgerFile::LedgerFile(LedgerFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      owner_(other.owner_),
      bytes_(std::move(other.bytes_)),
      present_bytes_(other.present_bytes_) {}

LedgerFile::~LedgerFile() {
  if (fd_ >= 0) close(fd_);
}

absl::Status LedgerFile::ReadAt(uint64_t offset, void* to, uint64_t bytes) const {
  char* at = static_cast<char*>(to);
  if (fd_ < 0) {
    const uint64_t left = offset < bytes_.size() ? bytes_.size() - offset : 0;
    const uint64_t n = std::min(left, bytes);
    memcpy(at, bytes_.data() + (n == 0 ? 0 : offset), n);
    if (n == bytes) return absl::OkStatus();
    return CutOff(offset + bytes, bytes_.size());
  }
  while (bytes > 0) {
    const ssize_t n = pread(fd_, at, bytes, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return absl::DataLossError(absl::StrCat(path_, ": cannot read: ", strerror(errno)));
    if (n == 0) return CutOff(offset + bytes, offset);
    at += n;
    offset += static_cast<uint64_t>(n);
    bytes -= static_cast<uint64_t>(n);
  }
  return absl::OkStatus();
}

absl::Status LedgerFile::CutOff(uint64_t expected, uint64_t found) const {
  return absl::DataLossError(absl::StrCat(path_, ": the ledger is cut off: expected at least ",
                                          expected, " bytes, found ", found,
                                          "; record the program again"));
}

absl::Status LedgerFile::Damaged(const std::string& what) const {
  return absl::DataLossError(
      absl::StrCat(path_, ": the ledger is damaged: ", what, "; record the program again"));
}

absl::Status LedgerFile::CheckTable(const format::Header& header, format::Table table) const {
  const uint32_t t = static_cast<uint32_t>(table);
  if (header.tables[t].entry_bytes != format::EntryBytes(table)) {
    return Damaged(absl::StrCat("expected entries of ", format::EntryBytes(table),
                                " bytes in table ", t, ", found ", header.tables[t].entry_bytes));
  }
  const uint32_t used = std::min(header.used_units.load(), format::kMaxUnits);
  uint64_t room = 0;
  for (uint32_t unit = 1; unit < used; ++unit) {
    if (header.unit_owner[unit] == t) room += format::EntriesPerUnit(table);
  }
  const uint64_t claimed = header.tables[t].count.load();
  if (claimed * format::EntryBytes(table) > present_bytes_) {
    return Damaged(absl::StrCat("table ", t, " claims ", claimed, " entries in a file with ",
                                present_bytes_, " bytes of data"));
  }
  if (claimed > room) {
    return Damaged(
        absl::StrCat("table ", t, " has room for ", room, " entries and claims ", claimed));
  }
  return absl::OkStatus();
}

}  // namespace memshim::analyzer::ledger
