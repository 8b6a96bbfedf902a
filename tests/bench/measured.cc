// Runs a command in the current folder and measures it with everything it starts:
//
//   measured SECONDS STDIN COMMAND...     stdout and stderr go to files of these names
//
// Prints a JSON object: cpu (s, user and system, children included), wall (s, until the last helper
// ended), rss (bytes, of the largest process), status (as a shell's; -N: ended by signal N),
// is_late (ended by the limit of SECONDS). What would end it ends the command, and so does the end
// of who started it. Each process gets 4 GB of memory of its own at most.
//
// It makes itself a subreaper, so that helper processes which outlive the command (a profiler's
// writer, say) are waited for, too. What a process has in memory before its exec counts to its
// peak: hence a small program, linked statically, which also keeps LD_PRELOAD for the command
// alone.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace {

// The time limit, and what ends a benchmark: its user, a closed terminal, another program.
constexpr int kEndings[] = {SIGALRM, SIGTERM, SIGINT, SIGHUP};

pid_t g_command;
volatile sig_atomic_t g_is_late;

// The command leads a process group, once it has come so far; before that it has started nobody.
void End(int number) {
  if (g_command <= 0) return;
  g_is_late = number == SIGALRM;
  if (kill(-g_command, SIGKILL) != 0) kill(g_command, SIGKILL);
}

double Seconds() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double Seconds(const struct timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void Redirect(int descriptor, const char* path, int flags) {
  const int file = open(path, flags, 0600);
  if (file < 0 || dup2(file, descriptor) < 0) {
    perror(path);
    _exit(127);
  }
  close(file);
}

// heaptrack's second process may take all there is (seen: 8 GB and growing for `pairs walk 5`,
// which has a few bytes live). The legend of the figures that are missing tells of it (tables.py).
void LimitMemory() {
  constexpr rlim_t kMost = rlim_t{4} << 30;
  const struct rlimit limit = {kMost, kMost};
  setrlimit(RLIMIT_DATA, &limit);
}

[[noreturn]] void Execute(const char* input, char** command) {
  setsid();
  LimitMemory();
  constexpr int kNew = O_WRONLY | O_CREAT | O_TRUNC;
  Redirect(2, "stderr", kNew);
  Redirect(1, "stdout", kNew);
  Redirect(0, input, O_RDONLY);
  execv(command[0], command);
  perror(command[0]);
  _exit(127);
}

// Signals wait until it is known whom to end.
void StartCommand(const char* input, char** command) {
  sigset_t ending, before;
  sigemptyset(&ending);
  for (const int number : kEndings) sigaddset(&ending, number);
  sigprocmask(SIG_BLOCK, &ending, &before);
  for (const int number : kEndings) {
    // What was ignored stays so, as under nohup.
    if (signal(number, End) == SIG_IGN) signal(number, SIG_IGN);
  }
  g_command = fork();
  if (g_command == 0) {
    for (const int number : kEndings) {
      if (signal(number, SIG_DFL) == SIG_IGN) signal(number, SIG_IGN);
    }
    sigprocmask(SIG_SETMASK, &before, nullptr);
    Execute(input, command);
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return 2;
  if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0) return 2;
  const double started = Seconds();
  StartCommand(argv[2], argv + 3);
  if (g_command < 0) return 2;
  alarm(static_cast<unsigned>(atoi(argv[1])));

  double cpu = 0;
  long kilobytes = 0;
  int status = -1, state;
  struct rusage usage;
  for (pid_t pid; (pid = wait4(-1, &state, 0, &usage)) > 0;) {
    cpu += Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
    kilobytes = std::max(kilobytes, usage.ru_maxrss);
    if (pid == g_command) status = WIFEXITED(state) ? WEXITSTATUS(state) : -WTERMSIG(state);
  }
  printf("{\"cpu\": %f, \"wall\": %f, \"rss\": %ld, \"status\": %d, \"is_late\": %s}\n", cpu,
         Seconds() - started, kilobytes * 1024, status, g_is_late != 0 ? "true" : "false");
  return 0;
}
