// A handler that allocates on an alternate stack of as many bytes as the argument says, on a processor with registers
// up to AVX's. Where there are more, the kernel puts them there, and the dynamic linker as it binds malloc: what that
// takes more comes on top, or the program would not get by without memshim either.
// Truth: 200 blocks of 80 bytes below `on_small_stack`.
#include <signal.h>
#include <sys/mman.h>

#include "hazards.h"

OWN_FRAME static void on_small_stack(int signal) {
  (void)signal;
  make_and_free(2, 80);
}

static char* end_of_stack;
static size_t kernels_part;

static void measure(int signal) {
  (void)signal;
  kernels_part = (size_t)(end_of_stack - (char*)__builtin_frame_address(0));
}

static int handle(void (*handler)(int), char* memory, size_t bytes) {
  const stack_t stack = {.ss_sp = memory, .ss_size = bytes};
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  end_of_stack = memory + bytes;
  return sigaltstack(&stack, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0;
}

int main(int argc, char** argv) {
  const size_t room = 32768, kernels_part_with_avx = 1536;
  size_t bytes = argc > 1 ? (size_t)atoi(argv[1]) : 8192;
  // The page below cannot be touched: what needs more ends with SIGSEGV.
  char* memory = mmap(NULL, room + 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory + 4096, room, PROT_READ | PROT_WRITE) != 0) return 1;
  if (!handle(measure, memory + 4096, room)) return 1;
  raise(SIGUSR1);
  if (kernels_part > kernels_part_with_avx) bytes += 2 * (kernels_part - kernels_part_with_avx);
  if (bytes > room || !handle(on_small_stack, memory + 4096, bytes)) return 1;
  for (int i = 0; i < 100; ++i) raise(SIGUSR1);
  puts("100 signals");
  return 0;
}
