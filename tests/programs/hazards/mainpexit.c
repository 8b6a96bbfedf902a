// The first thread leaves by pthread_exit; the process ends when the other one, which goes on allocating,
// returns.
// Truth: status 0, "the last thread"; 1,000 blocks of 70 bytes below `worker`.
#include <pthread.h>

#include "hazards.h"

static pthread_t main_thread;

OWN_FRAME static void worker(void) { make_and_keep(1000, 70); }

static void* run(void* unused) {
  pthread_join(main_thread, NULL);
  worker();
  puts("the last thread");
  return unused;
}

int main(void) {
  pthread_t thread;
  main_thread = pthread_self();
  if (pthread_create(&thread, NULL, run, NULL) != 0) return 1;
  pthread_exit(NULL);
}
