// See place.h.
#include <linux/fs.h>
#include <linux/magic.h>

#include "shim/base/memory.h"
#include "shim/ledger/format.h"
#include "shim/ledger/place.h"
#include "system_calls.h"

namespace memshim::ledger {
namespace {

using base::IsError;

constexpr uint64_t kLargest = uint64_t{kMaxUnits} * kUnitBytes;
constexpr uint64_t kSmallest = 8u << 20;
constexpr long kXfsMagic = 0x58465342;  // not in linux/magic.h

// A store to a mapped page whose blocks are allocated must not fail later. Copy-on-write and
// network file systems cannot promise that: there it raises SIGBUS in the program.
bool IsFit(int fd, const struct statfs& fs) {
  switch (static_cast<long>(fs.f_type)) {
    case EXT4_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case OVERLAYFS_SUPER_MAGIC:
    case kXfsMagic:
      return true;
    case BTRFS_SUPER_MAGIC: {  // fit once its copy-on-write is off, possible while empty
      int flags = 0;
      if (IsError(base::RawSyscall(SYS_ioctl, fd, FS_IOC_GETFLAGS, reinterpret_cast<long>(&flags))))
        return false;
      flags |= FS_NOCOW_FL;
      return !IsError(
          base::RawSyscall(SYS_ioctl, fd, FS_IOC_SETFLAGS, reinterpret_cast<long>(&flags)));
    }
    default:
      return false;
  }
}

uint64_t Capacity(const struct statfs& fs) {
  uint64_t capacity = kLargest;
  struct rlimit limit = {};
  if (!IsError(base::SysGetrlimit(RLIMIT_FSIZE, &limit)) && limit.rlim_cur < capacity) {
    capacity = limit.rlim_cur;
  }
  // Leaves the program half of what is free.
  const uint64_t free_bytes =
      static_cast<uint64_t>(fs.f_bavail) * static_cast<uint64_t>(fs.f_bsize);
  if (free_bytes / 2 < capacity) capacity = free_bytes / 2;
  return capacity / kUnitBytes * kUnitBytes;
}

}  // namespace

int CreateLedgerFile(const char* path, uint64_t* capacity) {
  const long fd = base::SysOpen(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (IsError(fd)) return -1;
  struct statfs fs = {};
  if (!IsError(base::SysFstatfs(static_cast<int>(fd), &fs)) && IsFit(static_cast<int>(fd), fs)) {
    *capacity = Capacity(fs);
    // 0600 whatever the umask: the analyzer has to open it again.
    if (*capacity >= kSmallest && !IsError(base::RawSyscall(SYS_fchmod, fd, 0600)) &&
        !IsError(base::SysFtruncate(static_cast<int>(fd), *capacity))) {
      return static_cast<int>(fd);
    }
  }
  base::SysClose(static_cast<int>(fd));
  base::SysUnlink(path);
  return -1;
}

}  // namespace memshim::ledger
