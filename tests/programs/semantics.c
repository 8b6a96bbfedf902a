// Every row of the semantics table in one run: what each kind of call adds to totals, to the peak
// and to the end. Single-threaded and deterministic, so that valgrind's DHAT must agree to the
// byte. Each row has a function of its own, so that a disagreement names its row.
//
// pvalloc is missing on purpose: valgrind aborts a program that calls it.
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ROW __attribute__((noinline, noclone, noipa)) static void

// Sizes differ between rows, so a block booked at the wrong point changes two figures.
static void* volatile sink;
static volatile size_t huge = PTRDIFF_MAX;  // volatile: the compiler must not see the overflow

// The compiler may remove a malloc whose result it can follow to its free.
static void* Keep(void* block) {
  sink = block;
  return sink;
}

ROW RowMalloc(void) { free(Keep(malloc(101))); }
ROW RowMallocZero(void) { free(Keep(malloc(0))); }         // counts 1 byte
ROW RowCalloc(void) { free(Keep(calloc(7, 31))); }         // 217
ROW RowCallocZero(void) { free(Keep(calloc(0, 16))); }     // 1
ROW RowMemalign(void) { free(Keep(memalign(256, 333))); }  // 333: alignment is not counted
ROW RowMemalignZero(void) { free(Keep(memalign(64, 0))); }
ROW RowAlignedAlloc(void) { free(Keep(aligned_alloc(64, 640))); }
ROW RowAlignedAllocOddAlignment(void) { free(Keep(aligned_alloc(24, 100))); }
ROW RowValloc(void) { free(Keep(valloc(4099))); }

ROW RowPosixMemalign(void) {
  void* block = NULL;
  if (posix_memalign(&block, 128, 555) == 0) free(Keep(block));
}
ROW RowPosixMemalignBadAlignment(void) {  // EINVAL: no trace
  void* block = NULL;
  if (posix_memalign(&block, 3, 777) == 0) free(Keep(block));
}

ROW RowReallocNull(void) { free(Keep(realloc(NULL, 211))); }
ROW RowReallocNullZero(void) { free(Keep(realloc(NULL, 0))); }
ROW RowReallocGrow(void) {  // totals 100 + 100000, 2 blocks, both at the first call
  void* block = Keep(malloc(100));
  free(Keep(realloc(block, 100000)));
}
ROW RowReallocShrink(void) {
  void* block = Keep(malloc(100000));
  free(Keep(realloc(block, 10)));
}
ROW RowReallocSame(void) {
  void* block = Keep(malloc(321));
  free(Keep(realloc(block, 321)));
}
ROW RowReallocZeroFrees(void) {
  void* block = Keep(malloc(73));
  sink = realloc(block, 0);
}
ROW RowReallocManyTimes(void) {
  void* block = NULL;
  for (size_t size = 16; size <= 4096; size *= 2) block = Keep(realloc(block, size));
  free(block);
}
ROW RowReallocarray(void) {
  void* block = Keep(reallocarray(NULL, 11, 13));
  block = Keep(reallocarray(block, 110, 13));
  free(block);
}

ROW RowFailedMalloc(void) { free(Keep(malloc(huge))); }
ROW RowFailedCalloc(void) { free(Keep(calloc(huge, 1))); }
ROW RowFailedCallocOverflow(void) { free(Keep(calloc(huge, 4))); }
ROW RowFailedRealloc(void) {  // the old block stays as it was
  void* block = Keep(malloc(457));
  if (realloc(block, huge) == NULL) free(block);
}
ROW RowFailedReallocarray(void) {
  void* block = Keep(malloc(459));
  if (reallocarray(block, huge, 8) == NULL) free(block);
}

ROW RowFreeNull(void) { free(NULL); }

// Three equal peaks of 8 MiB, one after the other: the last one wins.
__attribute__((noinline, noclone, noipa)) static void* TieFirst(void) {
  return Keep(malloc(8 << 20));
}
__attribute__((noinline, noclone, noipa)) static void* TieSecond(void) {
  return Keep(malloc(8 << 20));
}
__attribute__((noinline, noclone, noipa)) static void* TieLast(void) {
  return Keep(malloc(8 << 20));
}
ROW RowPeakTies(void) {
  free(TieFirst());
  free(TieSecond());
  free(TieLast());
}

ROW RowNeverFreed(void) {
  for (int i = 1; i <= 10; ++i) memset(Keep(malloc(1000 + i)), i, 1000);
  memset(Keep(calloc(3, 5)), 1, 15);
  memset(Keep(realloc(malloc(20), 60)), 1, 60);
}

int main(void) {
  RowMalloc();
  RowMallocZero();
  RowCalloc();
  RowCallocZero();
  RowMemalign();
  RowMemalignZero();
  RowAlignedAlloc();
  RowAlignedAllocOddAlignment();
  RowValloc();
  RowPosixMemalign();
  RowPosixMemalignBadAlignment();
  RowReallocNull();
  RowReallocNullZero();
  RowReallocGrow();
  RowReallocShrink();
  RowReallocSame();
  RowReallocZeroFrees();
  RowReallocManyTimes();
  RowReallocarray();
  RowFailedMalloc();
  RowFailedCalloc();
  RowFailedCallocOverflow();
  RowFailedRealloc();
  RowFailedReallocarray();
  RowFreeNull();
  RowPeakTies();
  RowNeverFreed();
  return 0;
}
