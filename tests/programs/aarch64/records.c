// Stacks through code without call frame information whose frame records lie at the bottom of its frames, as gcc
// makes them: they do not tell where the caller's frame begins.
// Truth: for each depth from 0 to 2, 100 blocks of 201 + depth bytes below
// leaf, WithoutTables (depth + 1 times), between, main.
#include <stdio.h>
#include <stdlib.h>

void WithoutTables(void (*call)(void*), void* argument, int depth);  // ../torture/no_tables.c

static void* volatile block;

__attribute__((noinline, noipa)) static void leaf(void* size) {
  block = malloc(*(size_t*)size);
  free(block);
}

__attribute__((noinline, noipa)) static void between(int depth) {
  size_t size = 201 + (size_t)depth;
  WithoutTables(leaf, &size, depth);
  __asm__ volatile("" ::"r"(&size) : "memory");
}

int main(void) {
  for (int i = 0; i < 300; ++i) {
    between(i % 3);
    __asm__ volatile("" ::: "memory");
  }
  puts("done");
  return 0;
}
