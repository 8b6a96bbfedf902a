// pvalloc, which valgrind's DHAT cannot run: 3 blocks of 100 requested bytes each, one freed; and
// valloc, to compare: 2 of 50.
#include <malloc.h>
#include <stdlib.h>

int main(void) {
  void* volatile blocks[5];
  for (int i = 0; i < 3; ++i) blocks[i] = pvalloc(100);
  for (int i = 3; i < 5; ++i) blocks[i] = valloc(50);
  free(blocks[0]);
  return 0;
}
