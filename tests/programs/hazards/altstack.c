// A handler that allocates on an alternate stack of as many bytes as the argument says.
// Truth: 200 blocks of 80 bytes below `on_small_stack`.
#include <signal.h>
#include <sys/mman.h>

#include "hazards.h"

OWN_FRAME static void on_small_stack(int signal) {
  (void)signal;
  make_and_free(2, 80);
}

int main(int argc, char** argv) {
  const size_t bytes = argc > 1 ? (size_t)atoi(argv[1]) : 8192;
  // The page below cannot be touched: what needs more ends with SIGSEGV.
  char* memory = mmap(NULL, 16384 + 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory + 4096, 16384, PROT_READ | PROT_WRITE) != 0) return 1;
  const stack_t stack = {.ss_sp = memory + 4096, .ss_size = bytes};
  struct sigaction action = {.sa_handler = on_small_stack, .sa_flags = SA_ONSTACK};
  if (bytes > 16384 || sigaltstack(&stack, NULL) != 0 || sigaction(SIGUSR1, &action, NULL) != 0) return 1;
  for (int i = 0; i < 100; ++i) raise(SIGUSR1);
  puts("100 signals");
  return 0;
}
