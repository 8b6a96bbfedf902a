// Prints what memory it has, in KiB, and does nothing else: one block, so that memshim has begun.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void* volatile g_block;
static char g_text[65536];

static void print_file(const char* path) {
  const int file = open(path, O_RDONLY);
  for (ssize_t size; (size = read(file, g_text, sizeof(g_text))) > 0;) {
    if (write(1, g_text, (size_t)size) < 0) _exit(1);
  }
  close(file);
}

int main(void) {
  g_block = malloc(100);
  print_file("/proc/self/status");
  print_file("/proc/self/smaps_rollup");
  return 0;
}
