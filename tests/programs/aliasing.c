// Stacks that look like the one before and are not: what a memory of the last stack must notice.
// Prints the number of blocks. Every function has a frame pointer or an area of variable size, so
// that where its caller lies follows from the frame pointer.
//
// 1. Another frame pointer behind equal words. Inner is called from one place, by a long way (Via)
//    and by a short one, each time with an area that makes its stack pointer the same. The second
//    time that area covers the dead frames of the first with all their words intact, and return
//    addresses are equal up to Inner: only its frame pointer differs.
//
//      first:    Round | Via | Inner: saved words, small area | malloc
//      second:   Round | Inner: saved words, large area.......| malloc
//                              covers Via's and Inner's dead words
//
// 2. The same with Middle between Inner and malloc, which saves Inner's frame pointer: now that
//    saved word alone differs, in a frame whose own state is the same.
// 3. One call instruction with several callees, through a pointer.
// 4. The same function called from two places at the same depth, over and over, so that one return
//    address in the middle changes and all else is equal.
#include <alloca.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define KEEP __attribute__((noinline, noclone))
#define STAY __asm__ volatile("" ::: "memory")
enum { kAreas = 2048, kStep = 16, kRounds = 4 };

static unsigned long blocks;
static void *volatile block;
typedef void (*Leaf)(size_t);

KEEP static void Allocate(size_t size) {
  block = malloc(size);
  ++blocks;
  free(block);
  STAY;
}
KEEP static void AllocateZeroed(size_t size) {
  block = calloc(1, size);
  ++blocks;
  free(block);
  STAY;
}
KEEP static void Middle(size_t size) {
  char *volatile area = alloca(size % 3 * 16 + 16);
  (void)area;
  Allocate(size);
  STAY;
}

// The area is not written to.
KEEP static void Inner(size_t area_bytes, Leaf leaf) {
  char *volatile area = alloca(area_bytes);
  (void)area;
  leaf(area_bytes % 512 + 1);
  STAY;
}

KEEP static void Via(size_t area_bytes, Leaf leaf) {
  char *volatile area = alloca(32);
  (void)area;
  Inner(area_bytes, leaf);
  STAY;
}

KEEP static void Round(size_t area_bytes, Leaf leaf) {
  void (*volatile call[2])(size_t, Leaf) = {Via, Inner};
  const size_t areas[2] = {16, area_bytes};
  volatile int calls = 2;  // unknown: the loop is not unrolled, there is one call instruction
  for (int i = 0; i < calls; ++i) {
    call[i](areas[i], leaf);
    STAY;
  }
}

KEEP static void Left(int depth, size_t size);
KEEP static void Right(int depth, size_t size) {
  if (depth > 0) {
    Right(depth - 1, size);
  } else {
    Allocate(size);
  }
  STAY;
}
KEEP static void Left(int depth, size_t size) {
  if (depth == 3) {
    Right(depth - 1, size);  // another function in the middle, with a frame like its own
  } else if (depth > 0) {
    Left(depth - 1, size);
  } else {
    Allocate(size);
  }
  STAY;
}

// Two call sites in one function, of the same callee: one return address differs.
KEEP static void Fork(int which, int depth, size_t size) {
  if (which == 0) {
    Right(depth, size);
    STAY;
  } else {
    Right(depth, size);
    STAY;
    STAY;
  }
}

int main(void) {
  Leaf leaves[] = {Allocate, Middle, AllocateZeroed};
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < kAreas / kStep * 8; ++i) {
      for (int leaf = 0; leaf < 3; ++leaf) Round(i * 8 % kAreas + 16, leaves[leaf]);
    }
    for (int i = 0; i < 500; ++i) {
      Fork(i % 2, 5, 100);
      (i % 3 == 0 ? Left : Right)(6, 50);
    }
  }
  printf("%lu\n", blocks);
  return 0;
}
