// Fills the file system of the current folder to the last byte, then allocates at 4,096 places, so that the
// ledger, whose place it is, has to grow. 60 threads that begin then do the same for a while, all at once.
// Truth: 200,000 blocks of 30 bytes below `places`; "went on": the process has not become 100 MB larger by them.
#include <malloc.h>
#include <pthread.h>
#include <string.h>

#include "hazards.h"

__attribute__((noinline, noipa)) static void places(int path, int depth, int count) {
  if (depth == 0) return make_and_free(count, 30);
  if (path & 1) {
    places(path >> 1, depth - 1, count);
  } else {
    places(path >> 1, depth - 1, count);
    __asm__ volatile("");
  }
  __asm__ volatile("");
}

static pthread_barrier_t together;

static void* in_thread(void* unused) {
  pthread_barrier_wait(&together);
  make_and_free(2000, 40);
  pthread_barrier_wait(&together);
  return unused;
}

static long kib_of_addresses(void) {
  char text[4096];
  const int status = open("/proc/self/status", O_RDONLY);
  const ssize_t n = read(status, text, sizeof(text) - 1);
  close(status);
  text[n > 0 ? n : 0] = 0;
  const char* line = strstr(text, "VmSize:");
  return line == NULL ? 0 : atol(line + 7);
}

static int threads_cost_little(void) {
  enum { kThreads = 60, kMostKib = 100 * 1024 };
  pthread_t threads[kThreads];
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 1 << 17);
  pthread_barrier_init(&together, NULL, kThreads + 1);
  for (int i = 0; i < kThreads; ++i) {
    if (pthread_create(&threads[i], &attributes, in_thread, NULL) != 0) return 0;
  }
  const long before = kib_of_addresses();
  pthread_barrier_wait(&together);
  pthread_barrier_wait(&together);
  const long after = kib_of_addresses();
  for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], NULL);
  return before > 0 && after - before < kMostKib;
}

int main(void) {
  mallopt(M_ARENA_MAX, 1);  // those of libc would be larger
  static char zeros[4096];
  const int file = open("filler", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  for (size_t size = sizeof(zeros); size > 0; size /= 2) {
    while (write(file, zeros, size) == (ssize_t)size) continue;
  }
  for (int i = 0; i < 40000; ++i) places(i % 32768, 15, 5);
  puts(threads_cost_little() ? "went on" : "grew");
  return 0;
}
