// 100 calls of each kind that nested_calls.c answers by another call; see there.
#include <stdlib.h>

static void* volatile sink;

__attribute__((noinline, noipa)) static void Call(void) {
  for (int i = 0; i < 100; ++i) {
    void* block = sink = calloc(10, 100);
    block = sink = realloc(block, 400);
    free(block);
    free(sink = aligned_alloc(64, 128));
  }
}

int main(void) {
  Call();
  return 0;
}
