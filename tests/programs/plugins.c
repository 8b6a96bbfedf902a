// Loads plugin_a, has it allocate 30 blocks of 321 bytes, unloads it, and does the same with
// plugin_b and 123 bytes: at the same addresses, which the program checks. Arguments: the paths.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void* run(const char* path) {
  void* plugin = dlopen(path, RTLD_NOW);
  if (plugin == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  void* (*plugin_run)(void) = (void* (*)(void))dlsym(plugin, "plugin_run");
  for (int i = 0; i < 30; ++i) free(plugin_run());
  void* where = (void*)plugin_run;
  dlclose(plugin);
  return where;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  void* first = run(argv[1]);
  void* second = run(argv[2]);
  puts(first == second ? "same address" : "other address");
  return 0;
}
