// See start_analyzer.h. On macOS nothing is started: the ledger is left for memshim-report, as
// after a kill (docs/decisions/0051). A child by posix_spawn or fork would be the program's: it
// would get its SIGCHLD, and wait() would find it; there is no clone whose end is nobody's
// business.
#include <unistd.h>

#include "shim/hooks/start_analyzer.h"

namespace memshim::hooks {

FinishResult FinishProfile(Process* process, bool) {
  const char* path = process->ledger_path.c_str();
  if (process->ledger_path.empty()) return FinishResult::kNotStarted;
  // The rest of the file was reserved and is not needed. Nothing touches it any more: threads that
  // are still in a hook know only of units in use.
  base::WithoutErrno(
      [&] { return truncate(path, static_cast<off_t>(process->ledger.used_bytes())); });
  return FinishResult::kLeft;
}

}  // namespace memshim::hooks
