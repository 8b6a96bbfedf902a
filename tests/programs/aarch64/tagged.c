// Allocates 100 blocks of 100 bytes below `tagged` and frees half of them. Prints how many of their addresses have
// something in the upper byte: nearly all with GLIBC_TUNABLES=glibc.mem.tagging=3 on a processor with memory tagging.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void* volatile blocks[100];

__attribute__((noinline, noipa)) static void tagged(void) {
  for (int i = 0; i < 100; ++i) blocks[i] = malloc(100);
}

int main(void) {
  tagged();
  int count = 0;
  for (int i = 0; i < 100; ++i) count += (uintptr_t)blocks[i] >> 56 != 0;
  for (int i = 0; i < 50; ++i) free(blocks[i]);
  printf("%d\n", count);
  return 0;
}
