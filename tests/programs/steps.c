// Counts the instructions of single calls, which no other load on the machine can change:
//
//   steps LIBRARY DEPTH CHANGED      with LIBRARY preloaded ("": nothing)
//
// prints "malloc N free M": the fewest that a call of each took in the steady state, from DEPTH
// frames and CHANGED ones (0, or 2 and more) that were others in the call before. Its child makes the
// calls between breakpoint instructions and is stepped from one to the next.
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEEP __attribute__((noinline, noclone))
enum { kWarmUp = 3000, kMeasured = 10 };

static void *block;

#define BREAKPOINT_IF(condition) \
  if (condition) __asm__ volatile("int3" ::: "memory")

static int changed;

KEEP static void Pair(int is_measured) {
  BREAKPOINT_IF(is_measured);
  block = malloc(64);
  BREAKPOINT_IF(is_measured);
  free(block);
  BREAKPOINT_IF(is_measured);
}

// Two chains of calls to the same place.
#define CHAIN(name)                                \
  KEEP static void name(int depth, int is_measured) { \
    if (depth > 1) {                               \
      name(depth - 1, is_measured);                \
    } else {                                       \
      Pair(is_measured);                           \
    }                                              \
    __asm__ volatile("" ::: "memory");             \
  }
CHAIN(Left)
CHAIN(Right)

KEEP static void Descend(int depth) {
  if (depth > 1) {
    Descend(depth - 1);
    __asm__ volatile("" ::: "memory");
    return;
  }
  for (int i = 0; i < kWarmUp + kMeasured; ++i) {
    if (changed == 0) {
      Pair(i >= kWarmUp);
    } else {
      (i % 2 == 0 ? Left : Right)(changed - 1, i >= kWarmUp);
    }
  }
}

static int Fail(const char *what) {
  perror(what);
  return 1;
}

// Lets the child run to its next breakpoint. Returns 0 when it has ended instead.
static int RunToBreakpoint(pid_t child) {
  int status;
  ptrace(PTRACE_CONT, child, 0, 0);
  return waitpid(child, &status, 0) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
}

// Steps the child until it stands before the next breakpoint, and over it. Its time stands still
// (rdtsc gives the same always): stepping is so slow that a sample of the timeline would be due at
// every event.
static long StepToBreakpoint(pid_t child) {
  for (long steps = 0;; ++steps) {
    struct user_regs_struct registers;
    int status;
    ptrace(PTRACE_GETREGS, child, 0, &registers);
    const long code = ptrace(PTRACE_PEEKTEXT, child, registers.rip, 0);
    if ((code & 0xff) == 0xcc) {
      registers.rip += 1;
      ptrace(PTRACE_SETREGS, child, 0, &registers);
      return steps;
    }
    if ((code & 0xffff) == 0x310f) {
      static unsigned long long now;
      if (now == 0) now = __builtin_ia32_rdtsc();
      registers.rax = now & 0xffffffff;
      registers.rdx = now >> 32;
      registers.rip += 2;
      ptrace(PTRACE_SETREGS, child, 0, &registers);
      continue;
    }
    ptrace(PTRACE_SINGLESTEP, child, 0, 0);
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return -1;
  }
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  if (strcmp(argv[1], "child") == 0) {
    changed = atoi(argv[3]);
    Descend(atoi(argv[2]));
    return 0;
  }
  const pid_t child = fork();
  if (child < 0) return Fail("fork");
  if (child == 0) {
    if (argv[1][0] != 0) setenv("LD_PRELOAD", argv[1], 1);
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    execl("/proc/self/exe", argv[0], "child", argv[2], argv[3], NULL);
    _exit(Fail("exec"));
  }
  int status;
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return Fail("child");
  long in_malloc = LONG_MAX, in_free = LONG_MAX;
  for (int i = 0; i < kMeasured; ++i) {
    if (!RunToBreakpoint(child)) return Fail("no breakpoint");
    const long first = StepToBreakpoint(child), second = StepToBreakpoint(child);
    if (first < 0 || second < 0) return Fail("the child ended");
    if (first < in_malloc) in_malloc = first;
    if (second < in_free) in_free = second;
  }
  printf("malloc %ld free %ld\n", in_malloc, in_free);
  ptrace(PTRACE_DETACH, child, 0, 0);
  waitpid(child, &status, 0);
  return 0;
}
