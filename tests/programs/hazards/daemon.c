// Becomes a daemon in the old way: forks twice, leaves its session, its folder, its root and its user, closes
// all descriptors, clears the umask, and works on.
// Truth: the first process ends with status 0 at once; the daemon makes 3,000 blocks of 70 bytes below
// `daemon_work` and writes "done" into the file "daemon.txt".
#define _GNU_SOURCE
#include <grp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "hazards.h"

OWN_FRAME static void daemon_work(void) { make_and_keep(3000, 70); }

int main(void) {
  const pid_t child = fork();
  if (child != 0) {
    // Waits for the whole, which a daemon's parent does not: the test must know when it is over.
    int status = 1;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  }
  setsid();
  const pid_t grandchild = fork();
  if (grandchild != 0) {
    int status = 1;
    waitpid(grandchild, &status, 0);
    _exit(WEXITSTATUS(status));
  }
  char* const folder = get_current_dir_name();
  free(folder);
  if (chroot(".") != 0 || chdir("/") != 0) return 1;
  umask(0);
  syscall(SYS_close_range, 0, ~0u, 0);
  const int file = open("daemon.txt", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0) return 2;
  daemon_work();
  if (file != 0 || write(file, "done\n", 5) != 5) return 3;
  _exit(0);
}
