// A program with a library that allocates before anything is relocated; see ifunc_library.c.
// Truth: 1,000 blocks of 36 bytes below `afterwards`, kept.
#include "hazards.h"

int ask_library(void);

OWN_FRAME static void afterwards(void) { make_and_keep(1000, 36); }

int main(void) {
  printf("%d\n", ask_library());
  afterwards();
  return 0;
}
