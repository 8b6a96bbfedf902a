// Recursion 20,000 deep that makes a block at every level.
// Truth: 20,000 blocks of 25 bytes below `level`; stacks deeper than 512 frames are cut, and counted as cut.
#include "hazards.h"

OWN_FRAME static void level(int depth) {
  make_and_keep(1, 25);
  if (depth > 1) level(depth - 1);
  __asm__ volatile("");
}

int main(void) {
  level(20000);
  return 0;
}
