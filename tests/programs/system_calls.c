// Allocates in every way that makes memshim's tables grow, between two calls of getpgid(4321) that
// a tracer recognizes: by as many threads as the second argument says besides the first one or, for
// 0, by that one, at 4,000 places, small and large, resized, for 0.3 seconds, and with a plugin
// (the first argument) loaded and unloaded. Then prints what the kernel says of signals, threads
// and descriptors.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char* plugin_path;

// A stack of its own for each value of `path`, 12 bits.
__attribute__((noinline, noipa)) static void* at(int path, int depth, size_t bytes) {
  if (depth == 0) return malloc(bytes);
  void* block = path & 1 ? at(path >> 1, depth - 1, bytes) : NULL;
  if (block == NULL) block = at(path >> 1, depth - 1, bytes);
  __asm__ volatile("" ::"r"(block) : "memory");
  return block;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);  // in user space
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void* work(void* unused) {
  const double end = now() + 0.3;
  for (int round = 0; round < 4000 || now() < end; ++round) {
    char* block = at(round % 4096, 12, (size_t)(round % 700 + 1));
    block = realloc(block, (size_t)(round % 50 == 0 ? 20000 : 900));
    if (round % 4 != 0 || round >= 4000) free(block);
  }
  return unused;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  plugin_path = argv[1];
  const int count = atoi(argv[2]) % 5;
  pthread_t threads[4];
  // The first thousand events, which give the recording its file.
  for (int i = 0; i < 1000; ++i) free(at(i % 4, 2, 100));
  syscall(SYS_getpgid, 4321);
  if (count == 0) work(NULL);
  for (int i = 0; i < count; ++i) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < count; ++i) pthread_join(threads[i], NULL);
  void* plugin = dlopen(plugin_path, RTLD_NOW);
  if (plugin == NULL) return 1;
  free(((void* (*)(void))dlsym(plugin, "plugin_run"))());
  dlclose(plugin);
  syscall(SYS_getpgid, 4321);
  char line[256];
  FILE* status = fopen("/proc/self/status", "r");
  while (fgets(line, sizeof(line), status) != NULL) {
    if ((!strncmp(line, "Sig", 3) && line[3] != 'Q') || !strncmp(line, "Shd", 3) ||
        !strncmp(line, "Threads", 7) || !strncmp(line, "NoNewPrivs", 10) ||
        !strncmp(line, "Seccomp", 7)) {
      fputs(line, stdout);
    }
  }
  fclose(status);
  for (int fd = 0; fd < 1024; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) printf("descriptor %d\n", fd);
  }
  return 0;
}
