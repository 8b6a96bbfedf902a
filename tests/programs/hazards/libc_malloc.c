// Calls glibc's malloc by its other name, which no preload replaces, and frees by the usual one.
// Truth: 100 frees of blocks that memshim does not know, counted; 50 blocks of 24 bytes below `seen`.
#include "hazards.h"

void* __libc_malloc(size_t size);

OWN_FRAME static void seen(void) { make_and_keep(50, 24); }

int main(void) {
  for (int i = 0; i < 100; ++i) free(__libc_malloc(64));
  seen();
  puts("done");
  return 0;
}
