// Enters a sandbox whose filter kills the process at any call but those that memory and an exit
// need, then allocates 5,000 blocks of 100 bytes and ends with status 5. With an argument it ends by
// _exit.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALLOW(number) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

__attribute__((noinline, noipa)) static void allocate(void) {
  void* volatile block = malloc(100);
  free(block);
}

int main(int argc, char** argv) {
  (void)argv;
  struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      ALLOW(SYS_write), ALLOW(SYS_getrandom), ALLOW(SYS_exit_group), ALLOW(SYS_brk), ALLOW(SYS_mmap), ALLOW(SYS_munmap),
      ALLOW(SYS_mremap), ALLOW(SYS_madvise), ALLOW(SYS_futex),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  const struct sock_fprog program = {sizeof(rules) / sizeof(rules[0]), rules};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 1;
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) return 1;
  for (int i = 0; i < 5000; ++i) allocate();
  if (write(1, "done\n", 5) != 5) return 1;
  if (argc > 1) _exit(5);
  return 5;
}
