// Holds 8 MiB through a pause of 300 ms, between two of 200, without another event in any of them.
// With an argument it is in a sandbox (PR_SET_NO_NEW_PRIVS) by then.
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

__attribute__((noinline)) static void hold(void) {
  void* volatile block = malloc(8 << 20);
  usleep(300000);
  free(block);
}

int main(int argc, char** argv) {
  (void)argv;
  free(malloc(100));
  if (argc > 1 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 1;
  usleep(200000);
  hold();
  usleep(200000);
  return 0;
}
