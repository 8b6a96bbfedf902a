// Recursion without end that allocates on the way, until the stack overflows; a handler on an alternate
// stack allocates and leaves by siglongjmp. Twenty times.
// Truth: "20 overflows"; 20 blocks of 33 bytes below `on_overflow`, 1,000 of 34 below `afterwards`.
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>

#include "hazards.h"

static sigjmp_buf back;

OWN_FRAME static void on_overflow(int signal) {
  (void)signal;
  make_and_keep(1, 33);
  siglongjmp(back, 1);
}

OWN_FRAME static void recursion(int depth) {
  char room[400];
  __asm__ volatile("" ::"r"(room) : "memory");
  if (depth % 16 == 0) make_and_free(1, 8);
  if (depth < 1 << 30) recursion(depth + 1);
  __asm__ volatile("");
}

OWN_FRAME static void afterwards(void) { make_and_keep(1000, 34); }

int main(void) {
  static char alternate[65536];
  const stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_handler = on_overflow, .sa_flags = SA_ONSTACK};
  sigaction(SIGSEGV, &action, NULL);
  static volatile int overflows;
  sigsetjmp(back, 1);
  if (overflows < 20) {
    overflows = overflows + 1;
    recursion(1);
  }
  afterwards();
  printf("%d overflows\n", overflows);
  return 0;
}
