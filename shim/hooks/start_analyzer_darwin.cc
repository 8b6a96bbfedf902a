// See start_analyzer.h. On macOS nothing is started: the ledger is left for memshim-report, as
// after a kill (docs/decisions/0051). A child by posix_spawn or fork would be the program's: it
// would get its SIGCHLD, and wait() would find it; there is no clone whose end is nobody's
// business.
#include "shim/hooks/start_analyzer.h"

namespace memshim::hooks {

void PrepareFinish(ledger::End) {}
void EndFinish(int) {}

FinishResult FinishProfile(Process* process, bool) {
  return process->ledger_path.empty() ? FinishResult::kNotStarted : FinishResult::kLeft;
}

}  // namespace memshim::hooks
