// Fills the file system of the current folder to the last byte, then allocates at 4,096 places, so that the
// ledger, whose place it is, has to grow.
// Truth: 200,000 blocks of 30 bytes below `places`; "went on".
#include <string.h>

#include "hazards.h"

__attribute__((noinline, noipa)) static void places(int path, int depth, int count) {
  if (depth == 0) return make_and_free(count, 30);
  if (path & 1) {
    places(path >> 1, depth - 1, count);
  } else {
    places(path >> 1, depth - 1, count);
    __asm__ volatile("");
  }
  __asm__ volatile("");
}

int main(void) {
  static char zeros[4096];
  const int file = open("filler", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  for (size_t size = sizeof(zeros); size > 0; size /= 2) {
    while (write(file, zeros, size) == (ssize_t)size) continue;
  }
  for (int i = 0; i < 40000; ++i) places(i % 32768, 15, 5);
  puts("went on");
  return 0;
}
