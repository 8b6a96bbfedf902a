// Stacks that are hard to take, each with its own size of block, so that the profile tells which
// stack a block had. The truth is in tests/e2e/test_unwinding.py: size -> functions.
#define _GNU_SOURCE
#include <alloca.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "machine.h"

#define KEEP __attribute__((noinline, noipa))
#define NO_TAIL_CALL __asm__ volatile("")
static int g_rounds = 10;

KEEP void leaf(size_t size) {
  void* block = malloc(size);
  __asm__ volatile("" ::"r"(block) : "memory");
  free(block);
  NO_TAIL_CALL;
}

// A handler on the thread's own stack and on an alternate one, and what it interrupted.
static volatile size_t g_handler_size;
static void handler(int signal) {
  leaf(g_handler_size);
  NO_TAIL_CALL;
  (void)signal;
}
KEEP void interrupted(void) {
  raise(SIGUSR1);
  NO_TAIL_CALL;
}
// Interrupted in a loop that calls nothing: the exact address counts, not the one before it.
static volatile sig_atomic_t g_alarms;
static void alarm_handler(int signal) {
  leaf(103);
  g_alarms = g_alarms + 1;
  (void)signal;
}
KEEP void spinning(void) {
  while (g_alarms < 3) {
  }
}

// Interrupted at its very first instruction, with another function right before it: one less than
// the interrupted address is that other function's.
void first_instruction(void);
__asm__(
    ".text\n.type right_before,@function\nright_before:\n  .cfi_startproc\n  " RETURN_INSTRUCTION
    "\n  .cfi_endproc\n.size right_before,.-right_before\n"
    ".globl first_instruction\n.type first_instruction,@function\nfirst_instruction:\n"
    "  .cfi_startproc\n  " INVALID_INSTRUCTION "\n  " RETURN_INSTRUCTION
    "\n  .cfi_endproc\n.size first_instruction,.-first_instruction\n");
static void trap_handler(int signal, siginfo_t* info, void* context) {
  leaf(112);
  INTERRUPTED_PC((ucontext_t*)context) += INVALID_BYTES;
  (void)signal;
  (void)info;
}
KEEP void around_first_instruction(void) {
  struct sigaction action = {.sa_flags = SA_SIGINFO};
  action.sa_sigaction = trap_handler;
  sigaction(SIGILL, &action, NULL);
  first_instruction();
  NO_TAIL_CALL;
}

// Realigned stack, variable-size area: the CFA is found through memory.
KEEP void realigned(int size) {
  char aligned[64] __attribute__((aligned(64)));
  char* area = alloca((size_t)size);
  memset(aligned, 1, sizeof(aligned));
  memset(area, 1, (size_t)size);
  leaf(104);
  __asm__ volatile("" ::"r"(aligned), "r"(area) : "memory");
}

static ucontext_t g_main_context, g_coroutine;
static char g_coroutine_stack[65536];
static void coroutine(void) {
  leaf(105);
  swapcontext(&g_coroutine, &g_main_context);
  leaf(105);
  NO_TAIL_CALL;
}

static int compare(const void* a, const void* b) {
  leaf(106);
  return *(const int*)a - *(const int*)b;
}

KEEP void recursive(int depth) {
  if (depth == 0) {
    leaf(107);
  } else {
    recursive(depth - 1);
  }
  NO_TAIL_CALL;
}

static jmp_buf g_jump;
KEEP void jumper(void) {
  leaf(108);
  longjmp(g_jump, 1);
}
KEEP void after_jump(void) {
  leaf(109);
  NO_TAIL_CALL;
}

// Code without any call frame information whose frame pointer links its frames.
void without_description(void (*function)(size_t), size_t size);
__asm__(
    ".text\n.globl without_description\n.type without_description,@function\n"
    "without_description:\n" CALL_WITH_FRAME_POINTER
    ".size without_description,.-without_description\n");
KEEP void around_no_description(void) {
  without_description(leaf, 110);
  NO_TAIL_CALL;
}

static void* thread_main(void* unused) {
  leaf(111);
  return unused;
}

KEEP void signals(void) {
  signal(SIGUSR1, handler);
  g_handler_size = 101;
  for (int i = 0; i < g_rounds; ++i) interrupted();
  static char alternate[65536];
  const stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
  sigaltstack(&stack, NULL);
  const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, NULL);
  g_handler_size = 102;
  for (int i = 0; i < g_rounds; ++i) interrupted();
  signal(SIGALRM, alarm_handler);
  while (g_alarms < 3) {
    ualarm(1000, 1000);
    spinning();
  }
  ualarm(0, 0);
  NO_TAIL_CALL;
}

int main(void) {
  signals();
  around_first_instruction();
  for (int i = 0; i < g_rounds; ++i) realigned(100 + i);
  getcontext(&g_coroutine);
  g_coroutine.uc_stack.ss_sp = g_coroutine_stack;
  g_coroutine.uc_stack.ss_size = sizeof(g_coroutine_stack);
  g_coroutine.uc_link = &g_main_context;
  makecontext(&g_coroutine, coroutine, 0);
  swapcontext(&g_main_context, &g_coroutine);
  swapcontext(&g_main_context, &g_coroutine);
  int numbers[] = {5, 3, 1, 4, 2};
  qsort(numbers, 5, sizeof(int), compare);
  recursive(5);
  recursive(3000);
  if (setjmp(g_jump) == 0) jumper();
  after_jump();
  around_no_description();
  pthread_t thread;
  pthread_create(&thread, NULL, thread_main, NULL);
  pthread_join(thread, NULL);
  printf("%d alarms\n", g_alarms >= 3 ? 3 : 0);
  return 0;
}
