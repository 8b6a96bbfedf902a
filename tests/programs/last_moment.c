// What goes on in a program that has left main, with status 7: nothing, but for some microseconds.
//
//   ticks      a thread writes a line every 100 us, "end" is written by the last handler
//   masked     the same in a thread that has blocked all signals
//   setuid     a thread changes to its own user all the time, which libc does in all threads
//   spawn      a thread starts threads all the time
//   quick      quick_exit, while a thread registers handlers of exit all the time
//   alarm      SIGALRM comes 100 ms later
//   term       SIGTERM comes 100 ms later, from a child
//   buffered   a line lies in the buffer of stdout
//   buffered_thread   the same, and there is a thread
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static void* Tick(void* unused) {
  for (;;) {
    if (write(1, "tick\n", 5) != 5) return unused;
    usleep(100);
  }
}

static void* TickMasked(void* unused) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
  return Tick(unused);
}

static void* ChangeUser(void* unused) {
  while (seteuid(geteuid()) == 0) continue;
  return unused;
}

static void* Nothing(void* unused) { return unused; }

static void* Spawn(void* unused) {
  for (;;) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, Nothing, NULL) == 0) pthread_join(thread, NULL);
  }
  return unused;
}

static void Handler(void) {}

static void* Register(void* unused) {
  while (atexit(Handler) == 0) continue;
  return unused;
}

static void* Sleep(void* unused) {
  for (;;) pause();
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

static const struct {
  const char* how;
  void* (*run)(void*);
} kThreads[] = {{"ticks", Tick},  {"masked", TickMasked}, {"setuid", ChangeUser},
                {"spawn", Spawn}, {"quick", Register},    {"buffered_thread", Sleep}};

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "";
  free(malloc(100));
  if (strcmp(how, "ticks") == 0 || strcmp(how, "masked") == 0) atexit(SayEnd);
  for (size_t i = 0; i < sizeof(kThreads) / sizeof(kThreads[0]); ++i) {
    pthread_t thread;
    if (strcmp(how, kThreads[i].how) != 0) continue;
    if (pthread_create(&thread, NULL, kThreads[i].run, NULL) != 0) return 1;
    usleep(20000);
  }
  if (strcmp(how, "alarm") == 0) {
    const struct itimerval soon = {{0, 0}, {0, 100000}};
    setitimer(ITIMER_REAL, &soon, NULL);
  }
  if (strcmp(how, "term") == 0) EndSoon();
  if (strncmp(how, "buffered", 8) == 0) {
    fputs("the result\n", stdout);
    usleep(50000);
  }
  if (strcmp(how, "quick") == 0) quick_exit(7);
  return 7;
}
