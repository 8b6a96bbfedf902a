// Two coroutine stacks side by side; the upper one is unmapped while code without a description runs
// on the lower one and has a number in the frame pointer's register that points into it.
// Truth: 20 blocks of 45 bytes below `on_upper`, 40 of 46 below `make_ten`, each freed at once, and one of 47 in
// `malloc_before` and of 48 in `malloc_after`, the last call before a page of it goes and the first one then.
#define _GNU_SOURCE
#include <sys/mman.h>
#include <ucontext.h>

#include "hazards.h"
#include "machine.h"

enum { kStackBytes = 64 << 10, kPageBytes = 4096, kRounds = 4 };

// Calls function() with `number` in the frame pointer's register, and says nothing of its frame.
void call_with_number(void (*function)(void), void* number);
__asm__(
    ".text\n"
    ".type call_with_number, @function\n"
    "call_with_number:\n" CALL_WITH_NUMBER
    ".size call_with_number, . - call_with_number\n");

// The same with malloc(bytes) as the function. Two of them: what is remembered of one says nothing of
// the other.
void* malloc_before(size_t bytes, void* number);
void* malloc_after(size_t bytes, void* number);
#define DEFINE_MALLOC(name)          \
  __asm__(                           \
      ".text\n"                      \
      ".type " #name ", @function\n" \
      #name ":\n" MALLOC_WITH_NUMBER \
      ".size " #name ", . - " #name "\n");
DEFINE_MALLOC(malloc_before)
DEFINE_MALLOC(malloc_after)

static ucontext_t main_context, upper, lower;
static char* stacks;
static void* volatile kept[2];

OWN_FRAME static void make_ten(void) { make_and_free(10, 46); }
OWN_FRAME static void on_upper(void) { make_and_free(20, 45); }

OWN_FRAME static void on_lower(void) {
  // What looks like the pair of words of a frame: first it is there, then it is not.
  void** page = (void**)(stacks + 2 * kStackBytes - 2 * kPageBytes);
  void** pair = (void**)(stacks + 2 * kStackBytes - kPageBytes + 64);
  page[0] = pair[0] = 0;
  page[1] = pair[1] = (void*)0x1234;
  kept[0] = malloc_before(47, page);
  munmap(page, kPageBytes);
  kept[1] = malloc_after(48, page);
  for (int round = 0; round < kRounds; ++round) {
    if (round == kRounds / 2) munmap(stacks + kStackBytes, kStackBytes);
    call_with_number(make_ten, pair);
  }
}

static void run(ucontext_t* context, char* stack, void (*function)(void)) {
  getcontext(context);
  context->uc_stack.ss_sp = stack;
  context->uc_stack.ss_size = kStackBytes;
  context->uc_link = &main_context;
  makecontext(context, function, 0);
  swapcontext(&main_context, context);
}

int main(void) {
  stacks = mmap(NULL, 2 * kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  run(&upper, stacks + kStackBytes, on_upper);
  run(&lower, stacks, on_lower);
  puts("done");
  return 0;
}
