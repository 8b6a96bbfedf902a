// A C program that opens a C++ library (its argument) and has it throw, leave threads by
// pthread_exit and pthread_cancel through its frames: the C++ run-time library comes in after
// memshim has started.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef void Call(void);
static void (*calls_through)(Call* call, int depth);

static void leave(void) {
  free(malloc(10));
  pthread_exit(NULL);
}
static void wait_for_the_end(void) {
  free(malloc(10));
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
  while (1) pause();
}

static void* leaving(void* unused) {
  calls_through(leave, 5);
  return unused;
}
static void* cancelled(void* unused) {
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
  calls_through(wait_for_the_end, 7);
  return unused;
}

int main(int argc, char** argv) {
  void* library = argc > 1 ? dlopen(argv[1], RTLD_LAZY) : NULL;
  if (library == NULL) return 2;
  int (*throws_and_catches)(int) = (int (*)(int))dlsym(library, "throws_and_catches");
  int (*destroyed)(void) = (int (*)(void))dlsym(library, "destroyed");
  calls_through = (void (*)(Call*, int))dlsym(library, "calls_through");
  int caught = 0;
  for (int depth = 0; depth < 100; ++depth) caught += throws_and_catches(depth);
  pthread_t thread;
  void* result = NULL;
  for (int i = 0; i < 10; ++i) {
    pthread_create(&thread, NULL, leaving, NULL);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, cancelled, NULL);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    if (result != PTHREAD_CANCELED) return 3;
  }
  printf("caught %d, destroyed %d\n", caught, destroyed());
  return 0;
}
