// One call of each function of the malloc family from a frame of its own, sizes a frame's own.
// Truth: tests/e2e/hazards.py has a line for each frame. Requests that fail leave no block.
#include <errno.h>
#include <malloc.h>
#include <stdint.h>

#include "hazards.h"

static void* volatile sink;
static volatile size_t huge = PTRDIFF_MAX;

OWN_FRAME static void f_malloc(void) { sink = malloc(101); }
OWN_FRAME static void f_calloc(void) { sink = calloc(2, 102); }
OWN_FRAME static void f_memalign(void) { sink = memalign(64, 103); }
OWN_FRAME static void f_aligned_alloc(void) { sink = aligned_alloc(64, 128); }
OWN_FRAME static void f_posix_memalign(void) {
  void* block = NULL;
  if (posix_memalign(&block, 64, 105) != 0) abort();
  sink = block;
}
OWN_FRAME static void f_valloc(void) { sink = valloc(106); }
OWN_FRAME static void f_reallocarray(void) { sink = reallocarray(NULL, 3, 107); }
OWN_FRAME static void f_realloc0(void) {
  void* volatile block = malloc(108);
  sink = realloc(block, 0);
  if (sink != NULL) abort();
}
OWN_FRAME static void f_realloc_fail(void) {
  void* volatile block = malloc(109);
  if (realloc(block, huge) != NULL || errno != ENOMEM) abort();
  sink = block;
}
OWN_FRAME static void f_zero(void) { sink = malloc(0); }
OWN_FRAME static void f_overflow(void) {
  sink = calloc(huge, 4);
  if (sink != NULL) abort();
}
OWN_FRAME static void f_keeps_errno(void) {
  static void* blocks[1000];
  errno = 1234;
  for (int i = 0; i < 1000; ++i) blocks[i] = malloc(110);
  for (int i = 0; i < 1000; ++i) free(blocks[i]);
  if (errno != 1234) abort();
}
OWN_FRAME static void f_pvalloc(void) { sink = pvalloc(111); }

int main(void) {
  f_malloc(), f_calloc(), f_memalign(), f_aligned_alloc(), f_posix_memalign(), f_valloc();
  f_reallocarray(), f_realloc0(), f_realloc_fail(), f_zero(), f_overflow(), f_keeps_errno();
  puts("all but pvalloc");
  f_pvalloc();
  return 0;
}
