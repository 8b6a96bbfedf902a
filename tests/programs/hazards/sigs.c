// A program of one thread allocates while a timer's handler does, too: forbidden, frequent, and safe with
// glibc as long as both take their blocks from different lists, which the sizes see to: the program's one block comes
// from the thread's own cache, the handler's from the heap.
// Truth: 300,000 blocks below `interrupted`, and those of the handler, which tells how many it made below
// `on_alarm`; what fell into memshim's own code are counted as lost, never forgotten.
#include <signal.h>
#include <sys/time.h>

#include "hazards.h"

static volatile unsigned long calls;

OWN_FRAME static void on_alarm(int signal) {
  (void)signal;
  make_and_free(1, 5000);
  calls = calls + 1;
}

OWN_FRAME static void interrupted(void) { make_and_free(300000, 100); }

int main(void) {
  make_and_free(1, 100);  // from here on it lies in the cache (seen otherwise: the bare program hung)
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &often, NULL);
  interrupted();
  setitimer(ITIMER_REAL, &never, NULL);
  signal(SIGALRM, SIG_IGN);  // one may still be on its way
  tell_truth("on_alarm", calls);
  tell_truth("interrupted", 300000 + calls);
  return calls == 0;
}
