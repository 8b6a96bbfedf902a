// A plugin; built twice, as plugin_a and plugin_b, of the same size so that the second lands where
// the first one was.
#include <stdlib.h>

#ifdef PLUGIN_B
#define ALLOCATE allocate_in_b
#define BYTES 123
#else
#define ALLOCATE allocate_in_a
#define BYTES 321
#endif

__attribute__((noinline, noipa)) void* ALLOCATE(void) {
  void* block = malloc(BYTES);
  __asm__ volatile("" ::"r"(block) : "memory");
  return block;
}

void* plugin_run(void) {
  void* block = ALLOCATE();
  __asm__ volatile("");
  return block;
}
