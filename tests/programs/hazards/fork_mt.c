// Four threads allocate as fast as they can while main forks six children, one after the other, and then another
// thread six. Each child starts a thread that makes 1,500 blocks, then a child of its own that makes 1,200, and
// ends with status 7. A child that does not end within 20 seconds is killed by its alarm. Handlers of fork allocate,
// too.
// Truth: 12 children ended well; 1,500 blocks of 48 bytes below `child_thread` in each child's profile, none
// in the parent's; 1,200 of 49 below `grandchild` in each grandchild's; 1,000 of 64 below `by_main`; the threads
// tell how many they made.
#include <pthread.h>
#include <sys/wait.h>

#include "hazards.h"

enum { kThreads = 4, kChildren = 6 };
static volatile int is_over;

OWN_FRAME static void by_main(void) { make_and_keep(1000, 64); }

OWN_FRAME static void by_thread(int i) { make_and_free(1, 16 + (size_t)(i % 512)); }

static void* allocate(void* made) {
  unsigned long n = 0;
  while (!is_over) by_thread((int)(n++ % 4096));
  *(unsigned long*)made = n;
  return NULL;
}

OWN_FRAME static void* child_thread(void* unused) {
  make_and_keep(1500, 48);
  return unused;
}

OWN_FRAME static void grandchild(void) { make_and_keep(1200, 49); }

static void be_child(void) {
  alarm(20);
  pthread_t thread;
  if (pthread_create(&thread, NULL, child_thread, NULL) != 0) _exit(1);
  pthread_join(thread, NULL);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    grandchild();
    exit(8);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 8) _exit(2);
  exit(7);
}

static void around_fork(void) { make_and_free(1, 20); }

// Adds to *good.
static void* fork_children(void* good) {
  for (int i = 0; i < kChildren; ++i) {
    const pid_t child = fork();
    if (child == 0) be_child();
    int status = 0;
    *(int*)good += waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7;
  }
  return NULL;
}

int main(void) {
  pthread_atfork(around_fork, around_fork, around_fork);
  pthread_t threads[kThreads];
  unsigned long made[kThreads];
  for (int i = 0; i < kThreads; ++i) pthread_create(&threads[i], NULL, allocate, &made[i]);
  by_main();
  int good = 0;
  fork_children(&good);
  pthread_t forking;
  pthread_create(&forking, NULL, fork_children, &good);
  pthread_join(forking, NULL);
  is_over = 1;
  unsigned long sum = 0;
  for (int i = 0; i < kThreads; ++i) {
    pthread_join(threads[i], NULL);
    sum += made[i];
  }
  tell_truth("by_thread", sum);
  printf("%d children ended well\n", good);
  return 0;
}
