// Asks for sandboxes that the kernel refuses: the strict one, because a filter is there already (it is started by
// `filtered`), and one by a filter that is nowhere. Nothing has changed then.
// Truth: 1,000 blocks of 300 bytes below `before`, 2,000 of 301 below `after`, kept; nothing is lost.
#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "hazards.h"

OWN_FRAME static void before(void) { make_and_keep(1000, 300); }
OWN_FRAME static void after(void) { make_and_keep(1000, 301); }

int main(void) {
  before();
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) != -1 || errno != EINVAL) return 1;
  after();
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) != -1 || errno != EFAULT) return 2;
  after();
  puts("refused twice");
  return 0;
}
