// A thread that begins when there is no room any more. It frees the 1,000 blocks of 1,000 bytes that main has
// allocated, and leaves 500 of its own; then main frees half of these.
//
//   late_thread full STACKS   main has allocated and freed a block in that many stacks of depth 20 before
//   late_thread memory        no address space is left; the allocator has memory of its own
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { kBlocks = 1000, kSize = 1000, kLeft = 500, kDepth = 20 };

static void *volatile g_mains[kBlocks];
static void *volatile g_threads[kLeft];
static pthread_barrier_t g_barrier;

static void Turn(int depth, uint32_t way);
static __attribute__((noinline)) void Left(int depth, uint32_t way) {
  Turn(depth, way);
  __asm__ volatile("");
}
static __attribute__((noinline)) void Right(int depth, uint32_t way) {
  Turn(depth, way);
  __asm__ volatile("");
}
static __attribute__((noinline)) void Turn(int depth, uint32_t way) {
  if (depth == 0) {
    void *volatile block = malloc(16);
    free(block);
  } else if (way % 2 == 0) {
    Left(depth - 1, way / 2);
  } else {
    Right(depth - 1, way / 2);
  }
  __asm__ volatile("");
}

// Stacks one after the other that differ in their innermost frames: so the ledger has few nodes, and it is cells that
// there is no room for.
static uint32_t Reversed(uint32_t number) {
  uint32_t reversed = 0;
  for (int bit = 0; bit < kDepth; ++bit) reversed |= (number >> bit & 1) << (kDepth - 1 - bit);
  return reversed;
}

static void *Thread(void *unused) {
  pthread_barrier_wait(&g_barrier);
  for (int i = 0; i < kBlocks; ++i) free(g_mains[i]);
  for (int i = 0; i < kLeft; ++i) g_threads[i] = malloc(kSize);
  return unused;
}

int main(int argc, char **argv) {
  const int is_full = argc == 3 && strcmp(argv[1], "full") == 0;
  // One arena, which gives nothing back.
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 8 << 20);
  for (int i = 0; i < kBlocks; ++i) g_mains[i] = malloc(kSize);
  const uint32_t stacks = is_full ? (uint32_t)atoi(argv[2]) : 0;
  for (uint32_t i = 0; i < stacks; ++i) Turn(kDepth, Reversed(i));
  pthread_t thread;
  pthread_barrier_init(&g_barrier, 0, 2);
  if (pthread_create(&thread, 0, Thread, 0) != 0) return 2;
  const struct rlimit none = {1 << 20, 1 << 20};
  if (!is_full && setrlimit(RLIMIT_AS, &none) != 0) return 2;
  pthread_barrier_wait(&g_barrier);
  pthread_join(thread, 0);
  for (int i = 0; i < kLeft / 2; ++i) free(g_threads[i]);
  return 0;
}
