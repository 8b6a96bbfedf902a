// Four threads resize blocks so that they move, and each address that becomes free is another thread's at
// once.
// Truth: 4 x 4,000 x 11 blocks below `resizes` (each resize adds one), none of them live at the end.
#include <pthread.h>

#include "hazards.h"

OWN_FRAME static void* resizes(void* unused) {
  for (int round = 0; round < 4000; ++round) {
    char* block = malloc(24);
    for (size_t size = 40; size < 40 * (1 << 10); size *= 2) block = realloc(block, size);
    free(block);
  }
  return unused;
}

int main(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, resizes, NULL);
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  return 0;
}
