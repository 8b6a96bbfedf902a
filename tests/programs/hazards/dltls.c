// Two threads load, use and unload a plugin with thread-local data (the argument) 300 times each while two
// others allocate: the loader frees while it holds its lock.
// Truth: 600 blocks of 200 bytes below `in_tls_plugin`, 200,000 of 32 below `busy`.
#include <dlfcn.h>
#include <pthread.h>

#include "hazards.h"

static const char* path;

OWN_FRAME static void busy(void) { make_and_free(100000, 32); }

static void* allocate(void* unused) {
  (void)unused;
  busy();
  return NULL;
}

static void* load(void* failed) {
  for (int i = 0; i < 300; ++i) {
    void* plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) return failed;
    int (*run)(int) = (int (*)(int))dlsym(plugin, "tls_plugin_run");
    if (run(i) != (char)i) return failed;
    dlclose(plugin);
  }
  return NULL;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  path = argv[1];
  pthread_t threads[4];
  int failures = 0;
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, i % 2 ? load : allocate, &failures);
  for (int i = 0; i < 4; ++i) {
    void* result = NULL;
    pthread_join(threads[i], &result);
    failures += result != NULL;
  }
  printf("%d threads failed\n", failures);
  return 0;
}
