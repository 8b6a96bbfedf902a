// Loads plugin_a, has it allocate 30 blocks of 321 bytes, unloads it, and does the same with
// plugin_b and 123 bytes: at the same addresses, which the program checks.
//
//   plugins PATH PATH [thread | threads]
//
// "thread": all blocks are allocated by one other thread, which does nothing else: its stack in the
// second plugin is, word for word, the one it had in the first. "threads": by a thread each, the second
// on the stack of the first, which has ended.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void* (*Run)(void);

static Run current;  // null: there is nothing more to do
static pthread_barrier_t begin, done;

static void call(Run plugin_run) {
  for (int i = 0; i < 30; ++i) free(plugin_run());
}

static void* work(void* unused) {
  for (;;) {
    pthread_barrier_wait(&begin);
    if (current == NULL) return unused;
    call(current);
    pthread_barrier_wait(&done);
  }
}

static void* work_once(void* unused) {
  call(current);
  return unused;
}

enum By { kMain, kThread, kThreads };

static void* run(const char* path, enum By by) {
  void* plugin = dlopen(path, RTLD_NOW);
  if (plugin == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  current = (Run)dlsym(plugin, "plugin_run");
  void* where = (void*)current;
  if (by == kThreads) {
    pthread_t thread;
    pthread_create(&thread, NULL, work_once, NULL);
    pthread_join(thread, NULL);
  } else if (by == kThread) {
    pthread_barrier_wait(&begin);
    pthread_barrier_wait(&done);
  } else {
    call(current);
  }
  dlclose(plugin);
  return where;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const char* word = argc > 3 ? argv[3] : "";
  const enum By by = strcmp(word, "thread") == 0 ? kThread : strcmp(word, "threads") == 0 ? kThreads : kMain;
  pthread_t thread;
  pthread_barrier_init(&begin, NULL, 2);
  pthread_barrier_init(&done, NULL, 2);
  if (by == kThread) pthread_create(&thread, NULL, work, NULL);
  void* first = run(argv[1], by);
  void* second = run(argv[2], by);
  if (by == kThread) {
    current = NULL;
    pthread_barrier_wait(&begin);
    pthread_join(thread, NULL);
  }
  puts(first == second ? "same address" : "other address");
  return 0;
}
