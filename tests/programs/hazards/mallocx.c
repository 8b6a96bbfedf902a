// Uses jemalloc's own interface, which no preload stands in for; run with libjemalloc.so preloaded.
// Truth: it says so.
#include <stddef.h>

void* mallocx(size_t size, int flags);
void dallocx(void* block, int flags);

int main(void) {
  for (int i = 0; i < 100; ++i) dallocx(mallocx(40, 0), 0);
  return 0;
}
