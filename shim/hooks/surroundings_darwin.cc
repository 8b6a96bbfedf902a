// See surroundings.h.
#include <libproc.h>
#include <sys/param.h>
#include <unistd.h>

#include "shim/hooks/surroundings.h"
#include "system_calls.h"

namespace memshim::hooks {

bool HasMoreRights() { return issetugid() != 0; }

void AppendExecutable(char** argv, base::Path* path) {
  char found[PROC_PIDPATHINFO_MAXSIZE];
  int size = 0;
  base::WithoutErrno([&] { return size = proc_pidpath(getpid(), found, sizeof(found)); });
  if (size > 0) {
    path->Append({found, static_cast<size_t>(size)});
    return;
  }
  const char* name = argv == nullptr ? nullptr : argv[0];
  path->Append(name == nullptr ? "unknown" : name);
}

bool AppendHostName(base::Path* path) {
  char name[MAXHOSTNAMELEN + 1] = {};
  if (base::IsError(base::WithoutErrno([&] { return gethostname(name, MAXHOSTNAMELEN); }))) {
    return false;
  }
  path->Append(name);
  return true;
}

bool IsTerminal(int fd) {
  return base::WithoutErrno([=] { return isatty(fd); }) == 1;
}

// It is initialized before inserted libraries are.
bool IsLibcReady() { return true; }

}  // namespace memshim::hooks
