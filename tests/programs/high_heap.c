// Preloaded by tests/differential beside memshim: moves malloc's heap above 1 GiB.
//
// python makes numbers of addresses, and a number below 2^30 takes 4 bytes less. Without address
// randomization to its taste a program has its brk heap below, its threads and libraries above; under
// valgrind (with --aspace-minaddr) all lie above. So brk is blocked here, and what malloc already has
// of low memory is used up through __libc_malloc, which memshim does not see.
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

extern void* __libc_malloc(size_t size);
extern void __libc_free(void* block);

__attribute__((constructor)) static void MoveHeap(void) {
  const uintptr_t page = 4096;
  const uintptr_t top = ((uintptr_t)sbrk(0) + page - 1) / page * page;
  mmap((void*)top, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  for (size_t size = 64 << 10; size >= 16; size = size > 1040 ? size / 2 : size - 16) {
    void* block = __libc_malloc(size);
    while (block != NULL && (uintptr_t)block < (1u << 30)) block = __libc_malloc(size);
    __libc_free(block);
  }
}
