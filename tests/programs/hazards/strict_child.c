// A child that enters the strict sandbox first of all, as workers do, and then allocates from memory it has.
// Truth: 1,000 blocks of 300 bytes below `before`, kept; the child's are nobody's.
#include <linux/seccomp.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "hazards.h"

OWN_FRAME static void before(void) { make_and_keep(1000, 300); }

int main(void) {
  before();
  make_and_free(10, 100);
  const pid_t child = fork();
  if (child == 0) {
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) != 0) syscall(SYS_exit, 1);
    make_and_free(10, 100);
    syscall(SYS_exit, 7);
  }
  int status;
  if (waitpid(child, &status, 0) != child) return 2;
  printf("%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}
