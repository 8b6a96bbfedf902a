// 200 threads, one after the other and 50 at a time, that allocate in every round of their destructors of
// thread-specific data, the last one included.
// Truth: 200 x (10 + 4 x 2) blocks: 2,000 of 50 bytes below `in_thread`, 1,600 of 51 below `in_destructor`.
#include <limits.h>
#include <pthread.h>

#include "hazards.h"

static pthread_key_t key;

OWN_FRAME static void in_destructor(void* round) {
  make_and_free(2, 51);
  const size_t n = (size_t)round;
  if (n < PTHREAD_DESTRUCTOR_ITERATIONS) pthread_setspecific(key, (void*)(n + 1));
}

OWN_FRAME static void* in_thread(void* unused) {
  pthread_setspecific(key, (void*)1);
  make_and_free(10, 50);
  return unused;
}

int main(void) {
  pthread_key_create(&key, in_destructor);
  pthread_t threads[50];
  for (int i = 0; i < 150; ++i) {
    pthread_create(&threads[0], NULL, in_thread, NULL);
    pthread_join(threads[0], NULL);
  }
  for (int i = 0; i < 50; ++i) pthread_create(&threads[i], NULL, in_thread, NULL);
  for (int i = 0; i < 50; ++i) pthread_join(threads[i], NULL);
  return 0;
}
