// Loads a plugin with thread-local data (the argument), uses it, unloads it, and goes on allocating, in the
// same thread and in new ones: the loader's table of such data is stale then (glibc 2.39 frees it from within
// its look-up).
// Truth: 20 blocks of 200 bytes below `in_tls_plugin`, 1,100 of 64 below `afterwards`.
#include <dlfcn.h>
#include <pthread.h>

#include "hazards.h"

OWN_FRAME static void afterwards(void) { make_and_keep(50, 64); }

static void* other_thread(void* unused) {
  afterwards();
  return unused;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (int i = 0; i < 20; ++i) {
    void* plugin = dlopen(argv[1], RTLD_NOW);
    if (plugin == NULL) return 1;
    int (*run)(int) = (int (*)(int))dlsym(plugin, "tls_plugin_run");
    run(i);
    dlclose(plugin);
    if (i % 10 == 0) {
      pthread_t thread;
      pthread_create(&thread, NULL, other_thread, NULL);
      pthread_join(thread, NULL);
    }
    afterwards();
  }
  return 0;
}
