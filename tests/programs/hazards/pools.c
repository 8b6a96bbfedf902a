// A pool of its own, of which it tells heaptrack by that program's interface, where there is something that
// listens: blocks 8 bytes apart, the first where the pool's memory begins.
// Truth: one block of 64 KiB below `make_pool`, kept; below `from_pool` 2,000 blocks of 8 bytes, of which 100
// are resized to 24; all of them freed but 10. It tells of 3 frees of blocks that it never told of: counted.
#include <stddef.h>
#include <stdio.h>

#include "hazards.h"

__attribute__((weak)) void heaptrack_malloc(void* block, size_t size);
__attribute__((weak)) void heaptrack_realloc(void* block, size_t size, void* resized);
__attribute__((weak)) void heaptrack_free(void* block);

enum { kBlocks = 1000 };
static char* pool;

OWN_FRAME static void make_pool(void) { pool = malloc(1 << 16); }

OWN_FRAME static void from_pool(void) {
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < kBlocks; ++i) heaptrack_malloc(pool + 8 * i, 8);
    if (round == 0) {
      for (int i = 0; i < 100; ++i) heaptrack_realloc(pool + 8 * i, 24, pool + 8 * kBlocks + 24 * i);
      heaptrack_realloc(pool + 8 * 100, 24, NULL);  // failed: nothing
    }
    for (int i = round == 0 ? 100 : 0; i < kBlocks - 10 * round; ++i) heaptrack_free(pool + 8 * i);
    for (int i = 0; i < 100 && round == 0; ++i) heaptrack_free(pool + 8 * kBlocks + 24 * i);
  }
  for (int i = 0; i < 3; ++i) heaptrack_free(pool + 8 * kBlocks + i);
  heaptrack_free(NULL);
}

int main(void) {
  make_pool();
  if (heaptrack_malloc != NULL) from_pool();
  puts("done");
  return 0;
}
