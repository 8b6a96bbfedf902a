// Opens a plugin by its bare name, which only the search path (RUNPATH) of the object that calls dlopen
// leads to. Built twice: as an executable (`host`), and as a library (`libhost.so`) that the executable
// `hostmain` calls.
// Truth: 30 blocks of 321 bytes below `allocate_in_a`.
#include <dlfcn.h>

#include "hazards.h"

int host_run(void) {
  void* plugin = dlopen("plugin_a.so", RTLD_NOW);
  if (plugin == NULL) {
    puts(dlerror());
    return 1;
  }
  void* (*run)(void) = (void* (*)(void))dlsym(plugin, "plugin_run");
  for (int i = 0; i < 30; ++i) free(run());
  return dlclose(plugin);
}

#ifdef IS_MAIN
int main(void) { return host_run(); }
#endif
