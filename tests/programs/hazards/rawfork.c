// Makes children by the bare system call, past every handler of fork: two by clone(SIGCHLD), one by fork.
// Each child makes 2,000 blocks; before that it forks a child of its own, which makes 1,500.
// Truth: 1,000 blocks of 100 bytes below `parent_blocks`, 1,000 at the end, none of the children's; each
// child has its own profile.
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "hazards.h"
#include "machine.h"

OWN_FRAME static void parent_blocks(void) { make_and_keep(500, 100); }
OWN_FRAME static void child_blocks(void) { make_and_keep(2000, 40); }
OWN_FRAME static void grandchild_blocks(void) { make_and_keep(1500, 30); }

static int ends_with(pid_t child, int expected) {
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == expected;
}

static void be_child(void) {
  const pid_t child = fork();
  if (child == 0) {
    grandchild_blocks();
    exit(8);
  }
  child_blocks();
  _exit(ends_with(child, 8) ? 7 : 1);
}

int main(void) {
  parent_blocks();
  int good = 0;
  for (int i = 0; i < 3; ++i) {
    const long child = i < 2 ? syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : RAW_FORK();
    if (child == 0) be_child();
    good += ends_with((pid_t)child, 7);
  }
  parent_blocks();
  printf("%d children ended well\n", good);
  return 0;
}
