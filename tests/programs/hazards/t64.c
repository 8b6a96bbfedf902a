// 64 threads at a time allocate, and each frees what its neighbour has made.
// Truth: 64,000 blocks of 90 bytes below `makes`, none live at the end.
#include <pthread.h>

#include "hazards.h"

enum { kThreads = 64, kBlocks = 1000 };
static void* blocks[kThreads][kBlocks];
static pthread_barrier_t made;

OWN_FRAME static void makes(void** mine) {
  for (int i = 0; i < kBlocks; ++i) mine[i] = malloc(90);
}

static void* work(void* number) {
  const size_t n = (size_t)number;
  makes(blocks[n]);
  pthread_barrier_wait(&made);
  for (int i = 0; i < kBlocks; ++i) free(blocks[(n + 1) % kThreads][i]);
  return NULL;
}

int main(void) {
  pthread_t threads[kThreads];
  pthread_barrier_init(&made, NULL, kThreads);
  for (size_t i = 0; i < kThreads; ++i) pthread_create(&threads[i], NULL, work, (void*)i);
  for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], NULL);
  return 0;
}
