// 4,096 blocks of 1 to 8 bytes live together, then all are freed: other allocators than glibc's place such
// blocks 8 bytes apart.
// Truth: 4,096 blocks of 18,432 bytes in all below `tiny`, all live at the peak, none at the end.
#include "hazards.h"

OWN_FRAME static void tiny(void) {
  static void* blocks[4096];
  for (int i = 0; i < 4096; ++i) blocks[i] = malloc((size_t)(i % 8 + 1));
  for (int i = 0; i < 4096; ++i) free(blocks[i]);
}

int main(void) {
  tiny();
  return 0;
}
