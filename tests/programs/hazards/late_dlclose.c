// A program without libdl whose look-up of a user loads it, and calls dlclose there.
// Truth: 1,000 blocks of 35 bytes below `afterwards`, kept.
#include <errno.h>
#include <nss.h>
#include <pwd.h>

#include "hazards.h"

OWN_FRAME static void afterwards(void) { make_and_keep(1000, 35); }

int main(void) {
  if (__nss_configure_lookup("passwd", "late") != 0) return 1;
  errno = 0;
  printf("%s, %s\n", getpwnam("nobody") == NULL ? "nobody" : "somebody", errno == EIO ? "failed" : "asked");
  afterwards();
  return 0;
}
