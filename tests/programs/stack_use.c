// How much stack the allocation functions use, in bytes, one line a call: the stack below it is
// painted before and looked at after. The first calls of a thread and of a place are those that may
// be slower; "steady" ones are the hundredth of their place; "most" is the largest of 3,000 calls,
// in a forked child, which begins a profile of its own meanwhile.
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAINTED 65536
#define PATTERN 0x5A
#define KEEP __attribute__((noinline, noipa))

static void* volatile g_block;

KEEP static void CallMalloc(void) { g_block = malloc(100); }
KEEP static void CallFree(void) { free(g_block); }
KEEP static void CallCalloc(void) { g_block = calloc(3, 100); }
KEEP static void CallRealloc(void) { g_block = realloc(g_block, 300); }
KEEP static void CallAligned(void) { g_block = aligned_alloc(64, 256); }
KEEP static void CallNothing(void) { __asm__ volatile("" ::: "memory"); }

// The painted area is this function's own frame once it has returned: the same addresses.
KEEP static const char* Paint(void) {
  char area[PAINTED];
  memset(area, PATTERN, sizeof(area));
  const char* volatile start = area;
  __asm__ volatile("" ::"r"(area) : "memory");
  return start;
}

KEEP static size_t Used(void (*call)(void)) {
  const char* start = Paint();
  call();
  size_t untouched = 0;
  while (start[untouched] == PATTERN && untouched < PAINTED) ++untouched;
  return PAINTED - untouched;
}

static void Print(const char* name, size_t used, size_t nothing) {
  printf("%s %zu\n", name, used - nothing);
}

// Each size is kept until the end: printing allocates.
KEEP static void Measure(const char* prefix) {
  static const struct {
    const char* name;
    void (*call)(void);
  } kCalls[] = {{"malloc", CallMalloc}, {"realloc", CallRealloc}, {"free", CallFree},
                {"calloc", CallCalloc}, {"free2", CallFree},      {"aligned_alloc", CallAligned},
                {"free3", CallFree}};
  enum { kCount = sizeof(kCalls) / sizeof(kCalls[0]) };
  size_t first[kCount], steady[kCount];
  const size_t nothing = Used(CallNothing);
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < kCount; ++i) {
      const size_t used = Used(kCalls[i].call);
      if (round == 0) first[i] = used;
      steady[i] = used;
    }
  }
  char name[100];
  for (int i = 0; i < kCount; ++i) {
    snprintf(name, sizeof(name), "%s-first-%s", prefix, kCalls[i].name);
    Print(name, first[i], nothing);
    snprintf(name, sizeof(name), "%s-steady-%s", prefix, kCalls[i].name);
    Print(name, steady[i], nothing);
  }
}

static void OnSignal(int number) {
  (void)number;
  Measure("handler");
}

KEEP static void MeasureChild(void) {
  const size_t nothing = Used(CallNothing);
  size_t most = 0;
  for (int i = 0; i < 3000; ++i) {
    const size_t used = Used(CallMalloc);
    if (used > most) most = used;
    free(g_block);
  }
  Print("child-most-malloc", most, nothing);
  fflush(stdout);
  _exit(0);
}

static void* Thread(void* unused) {
  Measure("thread");
  return unused;
}

int main(void) {
  Measure("main");
  pthread_t thread;
  pthread_create(&thread, NULL, Thread, NULL);
  pthread_join(thread, NULL);
  signal(SIGUSR1, OnSignal);
  raise(SIGUSR1);
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) MeasureChild();
  waitpid(child, NULL, 0);
  return 0;
}
