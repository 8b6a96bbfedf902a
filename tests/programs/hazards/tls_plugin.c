// A plugin with thread-local data of the dynamic kind: the loader allocates it on the first use by a thread.
#include <stdlib.h>

static __thread char storage[2000];

__attribute__((noinline, noipa)) static void in_tls_plugin(void) {
  void* volatile block = malloc(200);
  free(block);
}

int tls_plugin_run(int value) {
  storage[value % 2000] = (char)value;
  in_tls_plugin();
  return storage[value % 2000];
}
