// Locks all its memory, present and future, then allocates.
// Truth: "locked"; 20,000 blocks of 100 bytes below `locked_blocks`. It tells the kilobytes that are locked
// in the file "locked".
#include <string.h>
#include <sys/mman.h>

#include "hazards.h"

OWN_FRAME static void locked_blocks(void) { make_and_keep(20000, 100); }

int main(void) {
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
    puts("refused");
    return 1;
  }
  locked_blocks();
  char text[4096];
  const int status = open("/proc/self/status", O_RDONLY), file = open("locked", O_WRONLY | O_CREAT, 0600);
  const ssize_t n = read(status, text, sizeof(text) - 1);
  text[n > 0 ? n : 0] = 0;
  const char* line = strstr(text, "VmLck:");
  if (line != NULL) dprintf(file, "%d\n", atoi(line + 6));
  puts("locked");
  return 0;
}
