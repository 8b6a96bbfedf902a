// Makes mappings until the kernel refuses (vm.max_map_count), gives 10 back, and allocates a lot from the heap,
// which grows in place.
// Truth: no harm; 200,000 blocks of 100 bytes below `much`, kept; what memshim has no memory for is counted.
#include <sys/mman.h>

#include "hazards.h"

static char* last[64];

OWN_FRAME static void much(void) {
  for (int i = 0; i < 200000; ++i) {
    char* volatile block = malloc(100);
    *block = 1;
  }
}

int main(void) {
  unsigned long count = 0;
  for (;; ++count) {
    // Neighbours of equal rights would become one mapping.
    char* page = mmap(NULL, 4096, count % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) break;
    last[count % 64] = page;
  }
  for (int i = 0; i < 10; ++i) munmap(last[(count - 1 - 2 * (unsigned long)i) % 64], 4096);
  much();
  puts(count > 1000 ? "done" : "no limit");
  return 0;
}
