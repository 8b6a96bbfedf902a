// Tells of every child that ends, and has none, not at its end either.
// Truth: no word; 1,000 blocks of 65 bytes below `childless`.
#include <signal.h>

#include "hazards.h"

static void on_child(int signal) {
  (void)signal;
  if (write(1, "a child ended\n", 14) != 14) abort();
}

OWN_FRAME static void childless(void) { make_and_keep(1000, 65); }

int main(void) {
  signal(SIGCHLD, on_child);
  childless();
  return 0;
}
