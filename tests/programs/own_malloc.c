// A program that brings its own allocator: none of its allocations reach memshim.
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static char g_space[1 << 20] __attribute__((aligned(16)));
static size_t g_used;

__attribute__((visibility("default"))) void* malloc(size_t size) {
  size = (size + 31) & ~(size_t)15;
  if (size > sizeof(g_space) - g_used) return NULL;
  char* block = g_space + g_used;
  g_used += size;
  *(size_t*)block = size;
  return block + 16;
}
__attribute__((visibility("default"))) void free(void* block) { (void)block; }
__attribute__((visibility("default"))) void* calloc(size_t count, size_t size) {
  return malloc(count * size);  // fresh memory is zero
}
__attribute__((visibility("default"))) void* realloc(void* block, size_t size) {
  void* moved = malloc(size);
  if (block != NULL && moved != NULL) memcpy(moved, block, ((size_t*)block)[-2] - 16);
  return moved;
}

int main(void) {
  char* text = malloc(100);
  strcpy(text, "own malloc");
  puts(text);
  free(text);
  return 0;
}
