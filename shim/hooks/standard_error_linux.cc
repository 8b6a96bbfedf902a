// See standard_error.h.
#include <poll.h>
#include <sys/uio.h>

#include <csignal>

#include "shim/base/restricted.h"
#include "shim/hooks/signals_linux.h"
#include "shim/hooks/standard_error.h"
#include "system_calls.h"

namespace memshim::hooks {
namespace {

using base::kSignalSetBytes;
using base::RawSyscall;

// The signals by which a write may end or stop the program, kept from this thread while it writes.
constexpr uint64_t kWriteSignals = kRaisedByWrites | base::SignalBit(SIGTTOU);

// A pipe that is full, or a terminal that is held, may never be read again: who starts the program
// may wait for its end first. Then the line is not worth it.
constexpr struct timespec kPatience = {1, 0};

bool IsReadyForMore() {
  struct pollfd room = {2, POLLOUT, 0};
  struct timespec left = kPatience;
  return RawSyscall(SYS_ppoll, reinterpret_cast<long>(&room), 1, reinterpret_cast<long>(&left), 0,
                    kSignalSetBytes) > 0;
}

}  // namespace

void WritePieces(const struct iovec* pieces, int count) {
  if (base::IsRestricted() || !IsReadyForMore()) return;
  const base::SignalsHeldBack held_back(kWriteSignals);
  const uint64_t pending = PendingSignals();
  if (base::IsError(RawSyscall(SYS_writev, 2, reinterpret_cast<long>(pieces), count))) {
    // Takes back what this write has raised, and nothing that was there before.
    TakePendingSignal(kWriteSignals & ~pending);
  }
}

}  // namespace memshim::hooks
