// Signals: raised, of faults, on the thread's stack and on an alternate one, within one another,
// left by siglongjmp; and sent by another thread and a timer into code that calls nothing of the
// heap.
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

#include <initializer_list>

#include "machine.h"
#include "torture.h"

namespace torture {
namespace {

// What the handlers allocate by: of the thread, so that a run is the same each time.
thread_local Random* handler_random;

// SIGUSR1 on the thread's stack, SIGUSR2 on the alternate one; each raises the other once.
thread_local int nested;
void OnRaised(int number) {
  const Random path{static_cast<uint64_t>(number)};
  Descend(path, *handler_random, 3, Way::kAny, Allocate);
  if (nested > 0) {
    --nested;
    raise(number == SIGUSR1 ? SIGUSR2 : SIGUSR1);
  }
  NO_TAIL_CALL;
}

KEEP void RaiseAtBottom(Random&) {
  raise(SIGUSR1);
  NO_TAIL_CALL;
}
KEEP void RaiseOnAlternateStack(Random&) {
  raise(SIGUSR2);
  NO_TAIL_CALL;
}
void RaiseNested(Random& random) {
  nested = 1;
  RaiseAtBottom(random);
  nested = 1;
  RaiseOnAlternateStack(random);
}

// A fault's frame is interrupted at its very instruction; the handler steps over it.
void OnInvalid(int, siginfo_t*, void* context) {
  Allocate(*handler_random);
  INTERRUPTED_PC(static_cast<ucontext_t*>(context)) += INVALID_BYTES;
}
KEEP void InvalidInLeaf(Random& random) {
  volatile uint64_t below_the_stack_pointer[8];  // the red zone
  for (int i = 0; i < 8; ++i) below_the_stack_pointer[i] = random.state;
  __asm__ volatile(INVALID_INSTRUCTION);
  random.state = below_the_stack_pointer[3];
}
void OnTrap(int, siginfo_t*, void* context) {
  Allocate(*handler_random);
  INTERRUPTED_PC(static_cast<ucontext_t*>(context)) += BREAKPOINT_BYTES_LEFT;
}
KEEP void TrapInLeaf(Random&) { __asm__ volatile(BREAKPOINT_INSTRUCTION); }

thread_local sigjmp_buf behind_fault;
char* const g_no_access = static_cast<char*>(
    mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
void OnFault(int, siginfo_t* info, void*) {
  if (info->si_addr != g_no_access) abort();  // not the fault that was asked for
  Descend(Random{1}, *handler_random, 2, Way::kJump, Allocate);
  siglongjmp(behind_fault, 1);
}
KEEP void WriteNoAccess(Random&) {
  *static_cast<volatile char*>(g_no_access) = 1;
  NO_TAIL_CALL;
}

// Allocates while the interrupted region asks for it; a signal at any other time does nothing, also
// within the heap's functions.
thread_local volatile sig_atomic_t wanted;
void OnAsynchronous(int) {
  if (wanted == 0) return;
  wanted = wanted - 1;
  Descend(Random{7}, *handler_random, 2, Way::kAny, Allocate);
  NO_TAIL_CALL;
}

volatile uint64_t g_sink;

KEEP uint64_t Leaf(uint64_t value) {
  volatile uint64_t area[12];
  area[value % 12] = value;
  return area[value % 12] * 3;
}
KEEP void SpinInLeaf() {
  while (wanted > 0) g_sink = g_sink + Leaf(g_sink);
}
// Short calls through the procedure linkage table, each in turn not bound yet.
KEEP void SpinInStubs() {
  unsigned seed = 1;
  while (wanted > 0) {
    const long value = a64l("az") + (htons)(static_cast<uint16_t>(seed)) + rand_r(&seed);
    g_sink = g_sink + static_cast<uint64_t>(value);
  }
}
KEEP void SpinInClock() {
  timespec now;
  while (wanted > 0) clock_gettime(CLOCK_MONOTONIC, &now);
}
KEEP void SpinInFrames(Random path) {
  while (wanted > 0) {
    // Prologues, epilogues and realigned frames; no block is allocated at this bottom.
    Random unused{1};
    const auto nothing = [](Random& random) { random.Next(); };
    const int depth = 1 + static_cast<int>(path.Below(6));
    Descend(path, unused, depth, Way::kJump, nothing);
  }
}

void Install(int number, int flags, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags | SA_RESTART;
  for (int asynchronous : {SIGURG, SIGIO, SIGALRM}) sigaddset(&action.sa_mask, asynchronous);
  sigaction(number, &action, nullptr);
}

}  // namespace

void InstallHandlers() {
  Install(SIGUSR1, SA_NODEFER, OnRaised);
  Install(SIGUSR2, SA_NODEFER | SA_ONSTACK, OnRaised);
  Install(SIGURG, 0, OnAsynchronous);
  Install(SIGIO, SA_ONSTACK, OnAsynchronous);
  Install(SIGALRM, 0, OnAsynchronous);
  struct sigaction action = {};
  action.sa_sigaction = OnInvalid;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGILL, &action, nullptr);
  action.sa_sigaction = OnFault;
  sigaction(SIGSEGV, &action, nullptr);
  action.sa_sigaction = OnTrap;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, nullptr);
}

void UseAlternateStack() {
  stack_t stack = {};
  stack.ss_size = 256 << 10;
  stack.ss_sp = mmap(nullptr, stack.ss_size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  sigaltstack(&stack, nullptr);
}

void Signals(Random path, Random& random) {
  handler_random = &random;
  const Bottom bottoms[] = {RaiseAtBottom, RaiseOnAlternateStack, RaiseNested};
  const Bottom bottom = bottoms[path.Below(3)];
  const int depth = static_cast<int>(path.Below(30));
  Descend(path, random, depth, Way::kAny, bottom);
}

void Faults(Random path, Random& random) {
  handler_random = &random;
  const volatile int depth = static_cast<int>(path.Below(20));
  const Bottom bottom = depth % 2 == 0 ? InvalidInLeaf : TrapInLeaf;
  Descend(path, random, depth, Way::kAny, bottom);
  if (sigsetjmp(behind_fault, 1) == 0) Descend(path, random, depth, Way::kJump, WriteNoAccess);
  Allocate(random);
}

void Interruptions(int times, Random& random) {
  handler_random = &random;
  const Random path{random.Next()};  // from here on it is the handlers'
  wanted = times;
  SpinInLeaf();
  wanted = times;
  SpinInStubs();
  wanted = times;
  SpinInClock();
  wanted = times;
  SpinInFrames(path);
}

}  // namespace torture
