// See place.h.
#include <sys/mount.h>

#include <cstring>

#include "shim/ledger/fixed_size.h"
#include "shim/ledger/format.h"
#include "shim/ledger/place.h"
#include "system_calls.h"

namespace memshim::ledger {
namespace {

using base::IsError;

constexpr uint64_t kSmallest = 8u << 20;

// Local file systems that reserve room for a file. Network file systems lose what is written
// through a mapping, or say so too late.
bool IsFit(const struct statfs& fs) {
  return strcmp(fs.f_fstypename, "apfs") == 0 || strcmp(fs.f_fstypename, "hfs") == 0;
}

uint64_t Capacity(const struct statfs& fs) {
  uint64_t capacity = kFixedBytes;
  struct rlimit limit = {};
  if (!IsError(base::SysGetrlimit(RLIMIT_FSIZE, &limit)) && limit.rlim_cur < capacity) {
    capacity = limit.rlim_cur;
  }
  // Leaves the program, and the ledgers of its descendants, most of what is free.
  const uint64_t free_bytes = fs.f_bavail * uint64_t{fs.f_bsize};
  if (free_bytes / 16 < capacity) capacity = free_bytes / 16;
  return capacity / kUnitBytes * kUnitBytes;
}

// Room first, and the size behind it: it is reserved behind the end of the file.
bool Reserve(int fd, uint64_t bytes) {
  return !IsError(base::SysFallocate(fd, bytes)) && !IsError(base::SysFtruncate(fd, bytes)) &&
         !IsError(base::SysFchmod(fd, 0600));  // whatever the umask: it has to be opened again
}

}  // namespace

int CreateLedgerFile(const char* path, uint64_t* capacity) {
  const long opened = base::SysOpen(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (IsError(opened)) return -1;
  const int fd = static_cast<int>(opened);
  struct statfs fs = {};
  if (!IsError(base::WithoutErrno([&] { return fstatfs(fd, &fs); })) && IsFit(fs)) {
    *capacity = Capacity(fs);
    if (*capacity >= kSmallest && Reserve(fd, *capacity)) return fd;
  }
  base::SysClose(fd);
  base::SysUnlink(path);
  return -1;
}

}  // namespace memshim::ledger
