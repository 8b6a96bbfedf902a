// A handler that allocates on a signal stack with SS_AUTODISARM, of which the kernel does not tell,
// above the stack of the thread that it interrupts, often in the middle of memshim.
// Truth: it ends; 400,000 blocks of 100 bytes below `work`, freed at once, and what the handler
// allocates, as far as it is not counted.
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "hazards.h"
#include "machine.h"

enum { kStackBytes = 1 << 16, kAutoDisarm = (int)(1u << 31) };

static size_t shim_start, shim_end;
static void* signal_stack;
static volatile int is_ready, is_over;

static int find_shim(struct dl_phdr_info* info, size_t bytes, void* unused) {
  (void)bytes, (void)unused;
  if (strstr(info->dlpi_name, "libmemshim.so") == NULL) return 0;
  shim_start = info->dlpi_addr;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)* header = &info->dlpi_phdr[i];
    if (header->p_type == PT_LOAD) shim_end = shim_start + header->p_vaddr + header->p_memsz;
  }
  return 1;
}

// Not in the middle of the C library's heap, which would not survive it.
static void on_signal(int signal, siginfo_t* info, void* context) {
  (void)signal, (void)info;
  const size_t pc = (size_t)INTERRUPTED_PC((ucontext_t*)context);
  if (pc >= shim_start && pc < shim_end) make_and_free(1, 33);
}

OWN_FRAME static void work(void) { make_and_free(400000, 100); }

static void* thread(void* unused) {
  const stack_t stack = {.ss_sp = signal_stack, .ss_size = kStackBytes, .ss_flags = kAutoDisarm};
  if (sigaltstack(&stack, NULL) != 0) {
    is_over = 1;
    return &signal_stack;
  }
  is_ready = 1;
  work();
  is_over = 1;
  return unused;
}

int main(void) {
  dl_iterate_phdr(find_shim, NULL);
  signal_stack =
      mmap(NULL, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGUSR1, &action, NULL);
  pthread_t worker;
  void* result = NULL;
  if (pthread_create(&worker, NULL, thread, NULL) != 0) return 2;
  while (!is_ready && !is_over) usleep(100);
  while (!is_over) {
    pthread_kill(worker, SIGUSR1);
    usleep(20);
  }
  pthread_join(worker, &result);
  return result == NULL ? 0 : 3;
}
