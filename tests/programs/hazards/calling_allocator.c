// An allocator that calls the program back, as tcmalloc's hooks and jemalloc's extents do, and then makes the block
// by another of its own entry points. It has an operator new. Blocks are never used again.
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { kHeaderBytes = 16, kArenaBytes = 1 << 26 };
static char* next;
static void (*hook)(void);
static int is_in_hook;

// `alignment`: of 16 or more.
static void* cut(size_t alignment, size_t size) {
  if (next == NULL) next = mmap(NULL, kArenaBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char* block = (char*)(((uintptr_t)next + kHeaderBytes + alignment - 1) & ~(uintptr_t)(alignment - 1));
  memcpy(block - kHeaderBytes, &size, sizeof(size));
  next = block + size;
  return block;
}

void call_back(void (*function)(void)) { hook = function; }

void* memalign(size_t alignment, size_t size) { return cut(alignment < 16 ? 16 : alignment, size); }
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** block, size_t alignment, size_t size) {
  *block = cut(alignment, size);
  return 0;
}
void* valloc(size_t size) { return cut(4096, size); }
void* pvalloc(size_t size) { return cut(4096, size); }
size_t malloc_usable_size(void* block) {
  size_t size = 0;
  if (block != NULL) memcpy(&size, (char*)block - kHeaderBytes, sizeof(size));
  return size;
}

void* malloc(size_t size) {
  if (hook != NULL && !is_in_hook) {
    is_in_hook = 1;
    hook();
    is_in_hook = 0;
  }
  return memalign(16, size);  // by the symbol: whoever stands in for it is called
}
void* calloc(size_t count, size_t size) { return cut(16, count * size); }  // fresh pages are zero
void free(void* block) { (void)block; }
void* realloc(void* block, size_t size) {
  void* larger = cut(16, size);
  const size_t old = malloc_usable_size(block);
  if (block != NULL) memcpy(larger, block, old < size ? old : size);
  return larger;
}
void* reallocarray(void* block, size_t count, size_t size) { return realloc(block, count * size); }

void* new_block(size_t size) __asm__("_Znwm");
void* new_block(size_t size) { return cut(16, size); }
void delete_block(void* block) __asm__("_ZdlPv");
void delete_block(void* block) { (void)block; }
