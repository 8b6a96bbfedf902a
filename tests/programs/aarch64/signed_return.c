// Prints how many of 100 return addresses of its own are signed, and 100. Built with
// -mbranch-protection=pac-ret: nearly all on a processor with pointer authentication, none on others.
#include <stdint.h>
#include <stdio.h>

static int seen, is_signed;

__attribute__((noinline, noclone)) static void descend(int depth) {
  const uint64_t* record = __builtin_frame_address(0);
  ++seen;
  is_signed += record[1] >> 48 != 0;
  if (depth > 1) descend(depth - 1);
  __asm__ volatile("" ::: "memory");
}

int main(void) {
  descend(100);
  printf("%d %d\n", is_signed, seen);
  return 0;
}
