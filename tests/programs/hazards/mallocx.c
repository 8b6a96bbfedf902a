// Uses jemalloc's own interface; run with libjemalloc.so preloaded. Without libmemshim_jemalloc.so,
// which stands in for it, memshim says that it does not see it.
// Truth: 100 blocks of 40 bytes below `makes`; below `resizes` 10 of 100 bytes that are resized to 3,000
// and, in place, to 3,050; that they cannot grow to 1 MiB in place changes nothing. All are freed.
#include <stdio.h>

#include "hazards.h"

void* mallocx(size_t size, int flags);
void* rallocx(void* block, size_t size, int flags);
size_t xallocx(void* block, size_t size, size_t extra, int flags);
size_t sallocx(const void* block, int flags);
size_t nallocx(size_t size, int flags);
void dallocx(void* block, int flags);
void sdallocx(void* block, size_t size, int flags);

OWN_FRAME static void makes(void) {
  for (int i = 0; i < 50; ++i) dallocx(mallocx(40, 0), 0);
  for (int i = 0; i < 50; ++i) sdallocx(mallocx(40, 0), 40, 0);
}

OWN_FRAME static void resizes(void) {
  static const size_t large = 1 << 20;
  for (int i = 0; i < 10; ++i) {
    void* block = rallocx(mallocx(100, 0), 3000, 0);
    if (xallocx(block, 3050, 0, 0) < 3050) puts("not in place");
    if (xallocx(block, large, 0, 0) >= large) puts("in place");
    if (sallocx(block, 0) != nallocx(3050, 0)) puts("another size");
    free(block);
  }
}

int main(void) {
  makes();
  resizes();
  puts("done");
  return 0;
}
