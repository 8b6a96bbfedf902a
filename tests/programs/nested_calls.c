// An allocator preloaded behind memshim whose calloc, realloc and aligned_alloc call malloc by
// name: each of their calls holds another one that memshim must not count.
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

extern void* __libc_malloc(size_t size);
extern void __libc_free(void* block);

void* malloc(size_t size) { return __libc_malloc(size); }
void free(void* block) { __libc_free(block); }

void* calloc(size_t count, size_t size) {
  void* block = malloc(count * size + 7);  // another size, to be told apart
  return block == NULL ? NULL : memset(block, 0, count * size);
}

void* realloc(void* old, size_t size) {
  void* block = malloc(size + 9);
  if (block != NULL && old != NULL) {
    memcpy(block, old, size);  // the test never grows a block
    free(old);
  }
  return block;
}

void* aligned_alloc(size_t alignment, size_t size) { return malloc(size + alignment); }
