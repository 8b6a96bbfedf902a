// Each function is one point whose figures beyond DHAT's are known; what only the allocator decides
// is printed as "name moved settled moved_bytes slack" for the test to compare.
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

static void* volatile g_sink;  // keeps what is allocated

NOINLINE static void one_size(void) {
  size_t slack = 0;
  for (int i = 0; i < 100; ++i) {
    void* block = malloc(21);
    slack += malloc_usable_size(block) - 21;
    free(block);
  }
  printf("one_size 0 0 0 %zu\n", slack);
}

NOINLINE static void many_sizes(void) {
  void* blocks[1000];
  for (size_t i = 0; i < 1000; ++i) blocks[i] = malloc(i + 1);
  for (int i = 0; i < 1000; ++i) free(blocks[i]);
}

NOINLINE static void resized(void) {
  size_t moved = 0, settled = 0, moved_bytes = 0, size = 16, slack = 0;
  char* block = malloc(size);
  slack = malloc_usable_size(block) - size;
  for (int i = 0; i < 200; ++i) {
    void* volatile obstacle = malloc(40);  // now and then in the way
    const size_t next = i % 10 == 9 ? size / 2 : size + 64;
    const uintptr_t before = (uintptr_t)block;
    block = realloc(block, next);
    if ((uintptr_t)block == before) {
      ++settled;
    } else {
      ++moved;
      moved_bytes += next < size ? next : size;
    }
    size = next;
    slack += malloc_usable_size(block) - size;
    if (i % 3 != 0) free(obstacle);
  }
  free(block);
  printf("resized %zu %zu %zu %zu\n", moved, settled, moved_bytes, slack);
}

static void* g_handed[50];

NOINLINE static void hand_over(void) {
  for (int i = 0; i < 50; ++i) g_handed[i] = malloc(10);
}

static void* free_thirty(void* unused) {
  for (int i = 0; i < 30; ++i) free(g_handed[i]);
  return unused;
}

NOINLINE static void shared_site(void) {
  for (int i = 0; i < 10; ++i) free(malloc(48));
}

static void* use_shared_site(void* unused) {
  shared_site();
  return unused;
}

static void threads(void) {
  pthread_t thread;
  hand_over();
  pthread_create(&thread, NULL, free_thirty, NULL);
  pthread_join(thread, NULL);
  for (int i = 30; i < 50; ++i) free(g_handed[i]);
  for (int i = 0; i < 5; ++i) {
    pthread_create(&thread, NULL, use_shared_site, NULL);
    pthread_join(thread, NULL);
  }
  shared_site();
}

NOINLINE static void refused(void) {
  const volatile size_t huge = SIZE_MAX / 4;
  void* block = malloc(100);
  for (int i = 0; i < 3; ++i) g_sink = malloc(huge);
  g_sink = calloc(huge, 8);
  if (errno != ENOMEM) printf("errno was changed\n");
  g_sink = realloc(block, huge + 1);
  if (posix_memalign(&block, 3, 10) != EINVAL) printf("3 is no alignment\n");
  free(block);
}

NOINLINE static void one_off(void) { g_sink = malloc(4096); }
NOINLINE static void growing(void) { g_sink = malloc(64); }
NOINLINE static void* kept_to_the_end(void) { return malloc(1 << 20); }
NOINLINE static void* kept_for_a_while(void) { return malloc(1 << 19); }

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  one_off();
  void* long_lived = kept_to_the_end();
  void* shorter = kept_for_a_while();
  one_size();
  many_sizes();
  resized();
  threads();
  refused();
  for (int i = 0; i < 80; ++i) {
    growing();
    usleep(5000);
    if (i == 50) free(shorter);
  }
  free(long_lived);
  return 0;
}
