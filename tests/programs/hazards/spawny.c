// Starts programs in every way: vfork with an exec that fails (and a child that allocates first, in its
// parent's memory), vfork with one that succeeds, posix_spawn, popen, system.
// Truth: 20 blocks of 30 bytes below `in_vfork_child`, 1,000 of 31 below `afterwards`.
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "hazards.h"

extern char** environ;

OWN_FRAME static void in_vfork_child(void) { make_and_keep(1, 30); }
OWN_FRAME static void afterwards(void) { make_and_keep(1000, 31); }

static int status_of(pid_t child) {
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(void) {
  char* const succeeds[] = {"true", NULL};
  static volatile int failed, i;
  for (; i < 20; i = i + 1) {
    const pid_t child = vfork();
    if (child == 0) {
      in_vfork_child();
      execv("/no/such/file", succeeds);
      _exit(9);
    }
    failed = failed + (status_of(child) == 9);
  }
  const pid_t child = vfork();
  if (child == 0) {
    execv("/bin/true", succeeds);
    _exit(9);
  }
  const int vforked = status_of(child);
  pid_t spawned = 0;
  if (posix_spawn(&spawned, "/bin/true", NULL, NULL, succeeds, environ) != 0) return 1;
  const int spawn_status = status_of(spawned);
  char line[32] = "";
  FILE* pipe = popen("echo from a pipe", "r");
  if (pipe == NULL || fgets(line, sizeof(line), pipe) == NULL) return 2;
  pclose(pipe);
  const int system_status = system("exit 5");
  afterwards();
  printf("%d failed, %d, %d, %d, %s", failed, vforked, spawn_status, WEXITSTATUS(system_status), line);
  return 0;
}
