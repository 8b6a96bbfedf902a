// Allocates on small stacks: coroutines of 8 and 32 KiB made by makecontext, a thread of PTHREAD_STACK_MIN.
// Truth: 400 blocks of 60 bytes below `in_coroutine`, 200 of 61 below `in_small_thread`.
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <ucontext.h>

#include "hazards.h"

static ucontext_t main_context, coroutine;

OWN_FRAME static void in_coroutine(void) {
  for (int i = 0; i < 10; ++i) {
    make_and_free(10, 60);
    swapcontext(&coroutine, &main_context);
  }
}

static void run_coroutine(size_t bytes) {
  char* stack = aligned_alloc(16, bytes);
  memset(stack, 0xaa, bytes);  // no terminator to find by chance
  getcontext(&coroutine);
  coroutine.uc_stack.ss_sp = stack;
  coroutine.uc_stack.ss_size = bytes;
  coroutine.uc_link = &main_context;
  makecontext(&coroutine, in_coroutine, 0);
  for (int i = 0; i < 11; ++i) swapcontext(&main_context, &coroutine);
  free(stack);
}

OWN_FRAME static void* in_small_thread(void* unused) {
  make_and_free(200, 61);
  return unused;
}

int main(void) {
  for (int i = 0; i < 4; ++i) run_coroutine(i % 2 ? 8192 : 32768);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (pthread_attr_setstacksize(&attributes, (size_t)sysconf(_SC_THREAD_STACK_MIN)) != 0) return 1;
  pthread_t thread;
  if (pthread_create(&thread, &attributes, in_small_thread, NULL) != 0) return 2;
  pthread_join(thread, NULL);
  return 0;
}
