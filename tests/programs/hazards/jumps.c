// A timer's handler leaves by siglongjmp, 300 times, in the middle of a loop that allocates: out of the
// program, out of memshim, but not out of the C library, whose heap would not survive it.
// Truth: it ends; 1,000 blocks of 300 bytes below `before` and 1,000 below `after`, recorded or counted.
#define _GNU_SOURCE
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#include "hazards.h"
#include "machine.h"

static sigjmp_buf back;
static size_t libc_start, libc_end;

static int find_libc(struct dl_phdr_info* info, size_t bytes, void* unused) {
  (void)bytes, (void)unused;
  if (strstr(info->dlpi_name, "/libc.so") == NULL) return 0;
  libc_start = info->dlpi_addr;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)* header = &info->dlpi_phdr[i];
    if (header->p_type == PT_LOAD) libc_end = libc_start + header->p_vaddr + header->p_memsz;
  }
  return 1;
}

static void on_alarm(int signal, siginfo_t* info, void* context) {
  (void)signal, (void)info;
  const size_t pc = (size_t)INTERRUPTED_PC((ucontext_t*)context);
  if (pc < libc_start || pc >= libc_end) siglongjmp(back, 1);
}

OWN_FRAME static void before(void) { make_and_keep(1000, 300); }
OWN_FRAME static void after(void) { make_and_keep(1000, 300); }
OWN_FRAME static void interrupted(void) {
  for (;;) {
    make_and_free(1, 100);
    for (volatile int i = 0; i < 30; ++i) continue;
  }
}

int main(void) {
  dl_iterate_phdr(find_libc, NULL);
  before();
  struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};
  const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
  static volatile int jumps = -1;
  sigsetjmp(back, 1);
  if (jumps < 0) {
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
  }
  jumps = jumps + 1;
  if (jumps < 300) interrupted();
  setitimer(ITIMER_REAL, &never, NULL);
  after();
  puts("300 jumps");
  return 0;
}
