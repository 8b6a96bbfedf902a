// Opens a plugin (the argument) with RTLD_DEEPBIND, or with a second argument in a namespace of its own: its
// malloc and free are libc's own, past every preload.
// Truth: no crash; 30 blocks of 80 bytes below `by_program`, of which the plugin frees 10 unseen, so that
// their addresses are handed out again while memshim believes them live: counted.
#define _GNU_SOURCE
#include <dlfcn.h>

#include "hazards.h"

OWN_FRAME static void* by_program(void) {
  void* volatile block = malloc(80);
  return block;
}

int main(int argc, char** argv) {
  void* plugin = argc > 2   ? dlmopen(LM_ID_NEWLM, argv[1], RTLD_NOW)
                 : argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND)
                            : NULL;
  if (plugin == NULL) return 1;
  void* (*plugin_makes)(void) = (void* (*)(void))dlsym(plugin, "deep_makes");
  void (*plugin_frees)(void*) = (void (*)(void*))dlsym(plugin, "deep_frees");
  const int has_our_heap = argc <= 2;  // another namespace's libc has another one
  for (int i = 0; i < 10; ++i) (has_our_heap ? free : plugin_frees)(plugin_makes());
  for (int i = 0; i < 10; ++i) {
    if (has_our_heap) plugin_frees(by_program());
    free(by_program());
    free(by_program());
  }
  puts("done");
  return 0;
}
