// Makes code at run time that calls malloc 100 times with 48 bytes, and tells perf its name, the argument, in
// /tmp/perf-PID.map. Prints nothing.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine.h"

static void make(void) {
  void* volatile block = malloc(48);
  (void)block;
}

int main(int argc, char** argv) {
  static const unsigned char kCode[] = CALL_WITH_FRAME_POINTER_BYTES;
  if (argc != 2) return 2;
  unsigned char* code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) return 1;
  memcpy(code, kCode, sizeof(kCode));
  __builtin___clear_cache((char*)code, (char*)code + sizeof(kCode));
  char path[64];
  snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
  FILE* map = fopen(path, "w");
  if (map == NULL) return 1;
  fprintf(map, "%lx %zx %s\n", (unsigned long)(uintptr_t)code, sizeof(kCode), argv[1]);
  fclose(map);
  void (*call)(void (*)(void)) = (void (*)(void (*)(void)))(uintptr_t)code;
  for (int i = 0; i < 100; ++i) call(make);
  return 0;
}
