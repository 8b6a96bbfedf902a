// A timer's handler forks while the program allocates and frees as fast as it can, so that many of
// the forks fall into an allocation. Each child allocates on for a moment and ends with status 7.
// The truth: every child ends so; the parent prints how many.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t g_forks;
static volatile sig_atomic_t g_is_child;

static void on_alarm(int signal) {
  (void)signal;
  if (g_is_child || g_forks >= 200) return;
  const pid_t child = fork();
  if (child == 0) {
    g_is_child = 1;
  } else if (child > 0) {
    g_forks = g_forks + 1;
  }
}

__attribute__((noinline, noipa)) static void allocate(int i) {
  void* volatile block = malloc((size_t)(i % 300));
  block = realloc(block, (size_t)(i % 500 + 1));
  free(block);
}

int main(void) {
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  const struct itimerval often = {{0, 700}, {0, 700}};
  setitimer(ITIMER_REAL, &often, NULL);
  for (int i = 0; g_forks < 200 && !g_is_child; ++i) allocate(i);
  if (g_is_child) {
    for (int i = 0; i < 2000; ++i) allocate(i);
    _exit(7);
  }
  const struct itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &never, NULL);
  int good = 0, status = 0;
  while (wait(&status) > 0) good += WIFEXITED(status) && WEXITSTATUS(status) == 7;
  printf("%d children ended well\n", good);
  return 0;
}
