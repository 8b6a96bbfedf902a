// A preloaded library as others write them: it stands in for functions that memshim might use, finds the
// real ones by dlsym on first use, allocates on the way, and has blocks of its constructor freed after main.
// Truth: 10,000 blocks of 45 bytes below `foreign_start`.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static void* blocks[10000];

static void* next(const char* name) {
  free(calloc(1, 24));
  return dlsym(RTLD_NEXT, name);
}

#define STAND_IN(result, name, parameters, arguments) \
  result name parameters { \
    static result(*real) parameters; \
    if (real == NULL) real = (result(*) parameters)next(#name); \
    free(malloc(16)); \
    return real arguments; \
  }
STAND_IN(void*, mmap, (void* at, size_t bytes, int protection, int flags, int fd, off_t offset),
         (at, bytes, protection, flags, fd, offset))
STAND_IN(int, munmap, (void* at, size_t bytes), (at, bytes))
STAND_IN(int, madvise, (void* at, size_t bytes, int advice), (at, bytes, advice))
STAND_IN(int, clock_gettime, (clockid_t clock, struct timespec* time), (clock, time))
STAND_IN(int, pthread_sigmask, (int how, const sigset_t* set, sigset_t* old), (how, set, old))
STAND_IN(int, sigprocmask, (int how, const sigset_t* set, sigset_t* old), (how, set, old))
STAND_IN(char*, getenv, (const char* name), (name))
STAND_IN(int, close, (int fd), (fd))

__attribute__((noinline, noipa)) static void foreign_start(void) {
  for (int i = 0; i < 10000; ++i) blocks[i] = malloc(45);
}

__attribute__((constructor)) static void start(void) {
  foreign_start();
  for (int i = 0; i < 10000; i += 2) free(blocks[i]);
}
__attribute__((destructor)) static void end(void) {
  for (int i = 1; i < 10000; i += 2) free(blocks[i]);
}
