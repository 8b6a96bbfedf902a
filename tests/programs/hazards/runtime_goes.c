// A C program opens a plugin that brings its C++ runtime along, closes it, and opens it again at another address,
// while what stood where it was before is no code any more.
//   runtime_goes PLUGIN
// Truth: 300 blocks of 77 bytes below `use_new`, all freed.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/mman.h>

#include "hazards.h"

int main(int argc, char** argv) {
  if (argc < 2) return 1;
  for (int i = 0; i < 3; ++i) {
    void* plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) return 2;
    void (*use_new)(void) = (void (*)(void))dlsym(plugin, "use_new");
    Dl_info info;
    if (use_new == NULL || dladdr((void*)use_new, &info) == 0) return 3;
    use_new();
    if (dlclose(plugin) != 0) return 4;
    mmap(info.dli_fbase, 1 << 14, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  }
  puts("went well");
  return 0;
}
