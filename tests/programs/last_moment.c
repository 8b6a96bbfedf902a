// What goes on in a program that has left main, with status 7: nothing, but for some microseconds.
//
//   ticks      a thread writes a line every 100 us, "end" is written by the last handler
//   locked     the same thread holds the lock of stdout all the time
//   alarm      SIGALRM comes 100 ms later
//   term       SIGTERM comes 100 ms later, from a child
//   buffered   a line lies in the buffer of stdout
//   masked     as ticks, in a thread that has blocked all signals
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static void* Tick(void* blocks) {
  if (blocks) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
  }
  for (;;) {
    if (write(1, "tick\n", 5) != 5) return NULL;
    usleep(100);
  }
}

static void* Lock(void* unused) {
  flockfile(stdout);
  for (;;) usleep(100);
  return unused;
}

static void SayEnd(void) {
  if (write(1, "end\n", 4) != 4) _exit(1);
}

static void EndSoon(void) {
  const pid_t parent = getpid();
  if (fork() != 0) return;
  usleep(100000);
  kill(parent, SIGTERM);
  _exit(0);
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "";
  free(malloc(100));
  const int masks = strcmp(how, "masked") == 0, locks = strcmp(how, "locked") == 0;
  if (masks || locks || strcmp(how, "ticks") == 0) {
    atexit(SayEnd);
    pthread_t thread;
    if (pthread_create(&thread, NULL, locks ? Lock : Tick, masks ? &thread : NULL) != 0) return 1;
    usleep(20000);
  } else if (strcmp(how, "alarm") == 0) {
    const struct itimerval soon = {{0, 0}, {0, 100000}};
    setitimer(ITIMER_REAL, &soon, NULL);
  } else if (strcmp(how, "term") == 0) {
    EndSoon();
  } else if (strcmp(how, "buffered") == 0) {
    fputs("the result\n", stdout);
  }
  return 7;
}
