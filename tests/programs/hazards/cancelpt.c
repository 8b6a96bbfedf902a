// A thread that is asked to end while it does nothing but allocate: malloc and free are no cancellation
// points, so it comes to its end all the same.
// Truth: three times "done 1"; 30,000 blocks of 40 bytes below `only_allocates`.
#include <pthread.h>

#include "hazards.h"

static pthread_barrier_t begin;
static volatile int is_done;

OWN_FRAME static void* only_allocates(void* unused) {
  pthread_barrier_wait(&begin);
  pthread_barrier_wait(&begin);  // the request is pending now
  make_and_free(10000, 40);
  is_done = 1;
  pthread_testcancel();
  return unused;
}

int main(void) {
  pthread_barrier_init(&begin, NULL, 2);
  for (int i = 0; i < 3; ++i) {
    is_done = 0;
    pthread_t thread;
    void* result = NULL;
    pthread_create(&thread, NULL, only_allocates, NULL);
    pthread_barrier_wait(&begin);
    pthread_cancel(thread);
    pthread_barrier_wait(&begin);
    pthread_join(thread, &result);
    printf("done %d, cancelled %d\n", is_done, result == PTHREAD_CANCELED);
  }
  return 0;
}
