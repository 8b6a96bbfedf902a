// Allocates, then enters the strict sandbox, where every system call but read, write and _exit kills, and allocates
// on from memory it has.
// Truth: 1,000 blocks of 300 bytes below `before`, kept; nothing of `after`, which is counted as lost once.
#include <linux/seccomp.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "hazards.h"

OWN_FRAME static void before(void) { make_and_keep(1000, 300); }

// Small and large, at many places, so that a table that grows would be noticed.
OWN_FRAME static void after(int depth) {
  if (depth > 0) after(depth - 1);
  make_and_free(100, 100);
  make_and_free(10, 20000);
}

int main(void) {
  before();
  mallopt(M_MMAP_THRESHOLD, 1 << 25);
  mallopt(M_TRIM_THRESHOLD, 1 << 27);
  make_and_free(1, 1 << 24);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) != 0) return 1;
  after(300);
  if (write(1, "done\n", 5) != 5) return 2;
  syscall(SYS_exit, 0);
}
