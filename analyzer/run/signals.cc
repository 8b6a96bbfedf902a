// See signals.h.
#include "analyzer/run/signals.h"

namespace memshim::analyzer::run {
namespace {

// SIGTSTP and its kin are left alone: Ctrl+Z stops memshim with the program, as the shell expects.
constexpr int kPassedOn[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM};

}  // namespace

Signals::Signals() {
  struct sigaction action = {};
  // Ignored, as a caller may have left it, it would take the program's status from us.
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, &child_before_);
  action.sa_handler = SIG_IGN;  // write() reports it
  sigaction(SIGPIPE, &action, &pipe_before_);
  // A line to the terminal, of a job in the background, would stop us with "stty tostop".
  sigaction(SIGTTOU, &action, &terminal_before_);
  sigemptyset(&waited_);
  sigaddset(&waited_, SIGCHLD);
  for (const int signal : kPassedOn) sigaddset(&waited_, signal);
  sigprocmask(SIG_BLOCK, &waited_, &mask_before_);
}

Signals::~Signals() {
  const struct timespec now = {};
  while (sigtimedwait(&waited_, nullptr, &now) > 0) continue;
  sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

void Signals::RestoreInChild() const {
  sigaction(SIGCHLD, &child_before_, nullptr);
  sigaction(SIGPIPE, &pipe_before_, nullptr);
  sigaction(SIGTTOU, &terminal_before_, nullptr);
  sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

bool Signals::Wait(int pid, absl::Duration timeout) {
  const struct timespec left = absl::ToTimespec(timeout);
  siginfo_t info = {};
  const int signal = sigtimedwait(&waited_, &info, &left);
  const bool is_from_terminal = info.si_code == SI_KERNEL;
  if (signal <= 0 || signal == SIGCHLD) return false;
  if (!is_from_terminal) kill(pid, signal);
  return true;
}

}  // namespace memshim::analyzer::run
