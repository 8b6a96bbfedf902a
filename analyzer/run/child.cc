// See child.h.
#include "analyzer/run/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/run/launch.h"

namespace memshim::analyzer::run {

Child::Child(const std::vector<std::string>& words, const Signals& signals,
             const std::function<Environment(int pid)>& make_environment) {
  int failure[2];  // closed by a successful exec, else told why it was none
  if (pipe2(failure, O_CLOEXEC) != 0) {
    start_error_ = errno;
    return;
  }
  pid_ = fork();
  if (pid_ == 0) {
    signals.RestoreInChild();
    const int error = Become(words, make_environment(getpid()));
    const ssize_t told = write(failure[1], &error, sizeof(error));
    _exit(told == sizeof(error) ? kNotFound : kRunFailed);
  }
  if (pid_ < 0) start_error_ = errno;
  close(failure[1]);
  int error = 0;
  ssize_t n = -1;
  if (pid_ > 0) {
    do {
      n = read(failure[0], &error, sizeof(error));
    } while (n < 0 && errno == EINTR);
  }
  if (n == sizeof(error)) start_error_ = error;
  close(failure[0]);
}

Child::~Child() {
  if (pid_ > 0 && ExitStatus().has_value()) waitpid(pid_, nullptr, 0);
}

std::optional<int> Child::ExitStatus() const {
  siginfo_t info = {};
  // It stays to be collected: WNOWAIT.
  const int result = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  if (result != 0) return kRunFailed;  // somebody else has collected it
  if (info.si_pid == 0) return std::nullopt;
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

int Child::EndingSignal() const {
  siginfo_t info = {};
  const int result = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  return result != 0 || info.si_pid == 0 || info.si_code == CLD_EXITED ? 0 : info.si_status;
}

void Child::CollectOthers() const {
  for (;;) {
    siginfo_t info = {};
    const int result = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    if (result != 0 || info.si_pid == 0 || info.si_pid == pid_) return;
    waitpid(info.si_pid, nullptr, 0);
  }
}

}  // namespace memshim::analyzer::run
