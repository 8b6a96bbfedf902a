// Ends while threads are at work.
//   exit_threads together   eight threads call exit(3) at the same moment
//   exit_threads other      a thread calls exit(3) while the others go on allocating
//   exit_threads _exit      the same by _exit
//   exit_threads handler    a signal handler calls exit(3) while exit runs handlers
//   exit_threads fork       a handler of exit forks; the child ends by exit, too
// Truth: 8,000 blocks of 40 bytes below `work` before any end ("handler", "fork": 1,000).
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "hazards.h"

enum { kThreads = 8 };
static const char* how;
static pthread_barrier_t ready;

OWN_FRAME static void work(void) { make_and_keep(1000, 40); }
OWN_FRAME static void goes_on(void) { make_and_free(1, 41); }

static void* run(void* first) {
  work();
  pthread_barrier_wait(&ready);
  if (!strcmp(how, "together")) exit(3);
  if (first != NULL) strcmp(how, "_exit") ? exit(3) : _exit(3);
  for (;;) goes_on();
}

static void on_signal(int signal) {
  (void)signal;
  exit(3);
}
static void raise_in_exit(void) { raise(SIGUSR1); }
static void fork_in_exit(void) {
  const pid_t child = fork();
  if (child == 0) return;
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 3) _exit(99);
}

int main(int argc, char** argv) {
  how = argc > 1 ? argv[1] : "together";
  if (!strcmp(how, "handler") || !strcmp(how, "fork")) {
    work();
    signal(SIGUSR1, on_signal);
    atexit(strcmp(how, "fork") ? raise_in_exit : fork_in_exit);
    exit(3);
  }
  pthread_barrier_init(&ready, NULL, kThreads);
  pthread_t thread;
  for (int i = 0; i < kThreads; ++i) pthread_create(&thread, NULL, run, i == 0 ? &ready : NULL);
  for (;;) pause();
}
