// See process_stat.h.
#include <libproc.h>
#include <sys/sysctl.h>
#include <sys/time.h>

#include "shim/hooks/process_stat.h"
#include "system_calls.h"

namespace memshim::hooks {
namespace {

uint64_t Microseconds(uint64_t seconds, uint64_t microseconds) {
  return seconds * 1'000'000 + microseconds;
}

}  // namespace

// The system tells the start in wall-clock time, and the machine's own start, too; both change with
// the clock. A tenth of a second for what their difference is off.
bool ReadStat(int pid, ProcessStat* result) {
  constexpr uint64_t kMargin = 100'000;
  struct proc_bsdinfo info = {};
  struct timeval boot = {};
  size_t boot_bytes = sizeof(boot);
  int name[] = {CTL_KERN, KERN_BOOTTIME};
  int size = 0;
  base::WithoutErrno(
      [&] { return size = proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, sizeof(info)); });
  if (size != static_cast<int>(sizeof(info)) || base::IsError(base::WithoutErrno([&] {
        return sysctl(name, 2, &boot, &boot_bytes, nullptr, 0);
      }))) {
    return false;
  }
  const uint64_t start = Microseconds(info.pbi_start_tvsec, info.pbi_start_tvusec);
  const uint64_t booted =
      Microseconds(static_cast<uint64_t>(boot.tv_sec), static_cast<uint64_t>(boot.tv_usec)) +
      kMargin;
  result->parent = static_cast<int>(info.pbi_ppid);
  result->start_ns = start > booted ? (start - booted) * 1000 : 0;
  return true;
}

}  // namespace memshim::hooks
