// See report_pager.h.
#include "analyzer/cli/report_pager.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "analyzer/cli/output_text.h"

namespace memshim::analyzer::cli {
namespace {

constexpr int kNoCommand = 127;  // the shell's status when it cannot find the pager

std::string PagerCommand() {
  const char* const pager = getenv("PAGER");
  if (pager != nullptr) return pager;
  return "exec less -FRX";
}

// The reading end becomes the child's standard input. Returns 0 when it cannot be started.
pid_t Start(const std::string& command, const int ends[2]) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  const char* const argv[] = {"sh", "-c", command.c_str(), nullptr};
  pid_t child = 0;
  const int error =
      posix_spawn(&child, "/bin/sh", &actions, nullptr, const_cast<char* const*>(argv), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? child : 0;
}

}  // namespace

bool PageOutput(absl::string_view text) {
  const std::string command = PagerCommand();
  if (command.empty() || command == "cat") return false;
  int ends[2];
  if (pipe(ends) != 0) return false;
  const pid_t child = Start(command, ends);
  close(ends[0]);
  if (child == 0) {
    close(ends[1]);
    return false;
  }
  // Ctrl+C is for the pager, which may use it to stop a search.
  signal(SIGINT, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  while (!text.empty()) {
    const ssize_t written = write(ends[1], text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;  // left before its end, which is its right
    text.remove_prefix(static_cast<size_t>(written));
  }
  close(ends[1]);
  int status = 0;
  while (waitpid(child, &status, 0) == -1 && errno == EINTR) {
  }
  return !(WIFEXITED(status) && WEXITSTATUS(status) == kNoCommand);
}

}  // namespace memshim::analyzer::cli
