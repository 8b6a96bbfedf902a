// A program of one thread enters a user namespace of its own, which the kernel allows to no program of
// several threads.
// Truth: "unshared"; 1,000 blocks of 20 bytes below `around`.
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>

#include "hazards.h"

OWN_FRAME static void around(void) { make_and_keep(500, 20); }

int main(void) {
  around();
  const int status = unshare(CLONE_NEWUSER);
  around();
  puts(status == 0 ? "unshared" : "refused");
  return status != 0;
}
