// Threads that end while more of them have been than the C library keeps stacks for (40 MiB of them in glibc): it gives
// the rest back, from the loader's code. Nothing is unloaded. Usage: thread_ends WAVES; 16 threads at a time.
#include <pthread.h>
#include <stdlib.h>

enum { kThreads = 16 };

static pthread_barrier_t g_barrier;

static void *Thread(void *unused) {
  void *volatile block = malloc(100);
  pthread_barrier_wait(&g_barrier);  // all are there at once
  free(block);
  return unused;
}

int main(int argc, char **argv) {
  const int waves = argc == 2 ? atoi(argv[1]) : 1;
  pthread_barrier_init(&g_barrier, 0, kThreads);
  for (int wave = 0; wave < waves; ++wave) {
    pthread_t threads[kThreads];
    for (int i = 0; i < kThreads; ++i) {
      if (pthread_create(&threads[i], 0, Thread, 0) != 0) return 2;
    }
    for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], 0);
  }
  return 0;
}
