// Closes all descriptors from 2 on, as a daemon does, opens files of its own under the numbers that become
// free (standard error's, too), and goes on.
// Truth: 1,000 blocks of 100 bytes below `before`, 5,000 of 50 below `after`; each file holds what was
// written into it and nothing else.
#define _GNU_SOURCE
#include <sys/syscall.h>

#include "hazards.h"

OWN_FRAME static void before(void) { make_and_keep(1000, 100); }
OWN_FRAME static void after(void) { make_and_free(500, 50); }

int main(void) {
  before();
  if (syscall(SYS_close_range, 2, ~0u, 0) != 0) return 1;
  int files[16];
  for (int i = 0; i < 16; ++i) {
    char name[32];
    snprintf(name, sizeof(name), "user%d", i);
    files[i] = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (files[i] != i + 2) return 2;
  }
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 16; ++i) dprintf(files[i], "round %d of file %d\n", round, i);
    after();
  }
  return 0;
}
