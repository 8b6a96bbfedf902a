// See standard_error.h.
#include <poll.h>
#include <pthread.h>
#include <sys/uio.h>

#include <csignal>

#include "shim/hooks/standard_error.h"
#include "system_calls.h"

extern "C" ssize_t memshim_writev_nocancel(int fd, const struct iovec* pieces,
                                           int count) __asm("_writev$NOCANCEL");
extern "C" int memshim_poll_nocancel(struct pollfd* files, nfds_t count,
                                     int milliseconds) __asm("_poll$NOCANCEL");
extern "C" int memshim_sigwait_nocancel(const sigset_t* set,
                                        int* signal) __asm("_sigwait$NOCANCEL");

namespace memshim::hooks {
namespace {

// The signals by which a write may end the program, kept from this thread while it writes.
constexpr sigset_t kWriteSignals = (1u << (SIGPIPE - 1)) | (1u << (SIGXFSZ - 1));

// A pipe that is full, or a terminal that is held, may never be read again: who starts the program
// may wait for its end first. Then the line is not worth it.
constexpr int kPatienceMilliseconds = 1000;

bool IsReadyForMore() {
  struct pollfd room = {2, POLLOUT, 0};
  return base::WithoutErrno(
             [&] { return memshim_poll_nocancel(&room, 1, kPatienceMilliseconds); }) > 0;
}

}  // namespace

void WritePieces(const struct iovec* pieces, int count) {
  if (!IsReadyForMore()) return;
  sigset_t before = 0, pending_before = 0, pending = 0;
  pthread_sigmask(SIG_BLOCK, &kWriteSignals, &before);
  base::WithoutErrno([&] { return sigpending(&pending_before); });
  if (base::IsError(
          base::WithoutErrno([=] { return memshim_writev_nocancel(2, pieces, count); }))) {
    // Takes back what this write has raised, and nothing that was there before.
    base::WithoutErrno([&] { return sigpending(&pending); });
    const sigset_t raised = kWriteSignals & pending & ~pending_before;
    int signal = 0;
    if (raised != 0) memshim_sigwait_nocancel(&raised, &signal);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace memshim::hooks
