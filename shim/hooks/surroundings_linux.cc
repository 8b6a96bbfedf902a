// See surroundings.h.
#include <sys/auxv.h>
#include <sys/utsname.h>

#include "shim/hooks/surroundings.h"
#include "system_calls.h"

extern "C" char** environ __attribute__((weak));

namespace memshim::hooks {

bool HasMoreRights() { return getauxval(AT_SECURE) != 0; }

void AppendExecutable(char** argv, base::Path* path) {
  char target[base::kPathCapacity];
  const long size = base::SysReadlink("/proc/self/exe", target, sizeof(target));
  if (!base::IsError(size)) {
    path->Append({target, static_cast<size_t>(size)});
    return;
  }
  const char* name = reinterpret_cast<const char*>(getauxval(AT_EXECFN));  // no /proc
  if (name == nullptr && argv != nullptr) name = argv[0];
  path->Append(name == nullptr ? "unknown" : name);
}

bool AppendHostName(base::Path* path) {
  struct utsname system;
  if (base::IsError(base::RawSyscall(SYS_uname, reinterpret_cast<long>(&system)))) return false;
  path->Append(system.nodename);
  return true;
}

bool IsTerminal(int fd) {
  struct {
    uint32_t flags[4];
    unsigned char rest[64];
  } settings;  // struct termios of the kernel is smaller
  return !base::IsError(
      base::RawSyscall(SYS_ioctl, fd, 0x5401 /* TCGETS */, reinterpret_cast<long>(&settings)));
}

bool IsLibcReady() { return &environ != nullptr && environ != nullptr; }

}  // namespace memshim::hooks
