// Runs a program under memshim and makes calls for memory fail that memshim's own code makes.
//
//   fail_memory LIBRARY FROM TO COUNTS [NAME=VALUE...] PROGRAM [ARGUMENT...]
//
// LIBRARY is the file of libmemshim.so; its calls FROM to TO (counted from 1) are skipped and return
// ENOMEM, in whatever thread. NAME=VALUE goes into the program's environment only. COUNTS gets the
// number of such calls that were made and of those that failed. Ends as the program ends; its
// children run free. x86-64.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

#define MOST_THREADS 256

struct Thread {
  pid_t id;
  bool is_failing;  // the call it is in was skipped
};
static struct Thread threads[MOST_THREADS];
static int thread_count;
static unsigned long library_start, library_end;
static long first, last, made, failed;

static void stop(const char* what) {
  perror(what);
  exit(120);
}

static struct Thread* find_thread(pid_t id, bool* is_new) {
  *is_new = false;
  for (int i = 0; i < thread_count; ++i) {
    if (threads[i].id == id) return &threads[i];
  }
  if (thread_count == MOST_THREADS) {
    errno = EAGAIN;
    stop("too many threads");
  }
  *is_new = true;
  threads[thread_count] = (struct Thread){id, false};
  return &threads[thread_count++];
}

static void forget_thread(pid_t id) {
  bool is_new;
  *find_thread(id, &is_new) = threads[thread_count - 1];
  --thread_count;
}

static void find_library(pid_t id, const char* library) {
  char path[64], line[4096];
  snprintf(path, sizeof(path), "/proc/%d/maps", id);
  FILE* maps = fopen(path, "r");
  if (maps == NULL) stop(path);
  while (fgets(line, sizeof(line), maps) != NULL) {
    unsigned long start, end;
    if (strstr(line, library) == NULL || sscanf(line, "%lx-%lx", &start, &end) != 2) continue;
    if (library_start == 0) library_start = start;
    library_end = end;
  }
  fclose(maps);
}

static bool asks_for_memory(unsigned long number) {
  return number == SYS_mmap || number == SYS_mremap || number == SYS_madvise ||
         number == SYS_mprotect || number == SYS_ftruncate || number == SYS_fallocate;
}

static void on_call(struct Thread* thread, const char* library) {
  struct ptrace_syscall_info info;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->id, sizeof(info), &info) <= 0) return;
  struct user_regs_struct registers;
  if (info.op == PTRACE_SYSCALL_INFO_EXIT && thread->is_failing) {
    thread->is_failing = false;
    ptrace(PTRACE_GETREGS, thread->id, NULL, &registers);
    registers.rax = (unsigned long)-ENOMEM;
    ptrace(PTRACE_SETREGS, thread->id, NULL, &registers);
  }
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY || !asks_for_memory(info.entry.nr)) return;
  if (library_start == 0) find_library(thread->id, library);
  const unsigned long at = info.instruction_pointer;
  if (at < library_start || at >= library_end) return;
  ++made;
  if (made < first || made > last) return;
  ++failed;
  thread->is_failing = true;
  ptrace(PTRACE_GETREGS, thread->id, NULL, &registers);
  registers.orig_rax = (unsigned long)-1;
  ptrace(PTRACE_SETREGS, thread->id, NULL, &registers);
}

// The signal to be passed on when the thread goes on from this stop.
static int on_stop(pid_t id, int status, const char* library) {
  bool is_new;
  struct Thread* thread = find_thread(id, &is_new);
  const int signal_number = WSTOPSIG(status);
  if (signal_number == (SIGTRAP | 0x80)) {
    on_call(thread, library);
    return 0;
  }
  if (status >> 16 == PTRACE_EVENT_EXEC) library_start = library_end = 0;
  if (status >> 16 != 0) return 0;
  if (is_new && signal_number == SIGSTOP) return 0;  // how a new thread reports
  return signal_number;
}

static int trace(pid_t program, const char* library) {
  for (;;) {
    int status;
    const pid_t id = waitpid(-1, &status, __WALL);
    if (id < 0) stop("wait");
    if (WIFSTOPPED(status)) {
      ptrace(PTRACE_SYSCALL, id, NULL, (long)on_stop(id, status, library));
      continue;
    }
    if (id == program) return status;
    forget_thread(id);
  }
}

int main(int argc, char** argv) {
  if (argc < 6) return 121;
  first = atol(argv[2]);
  last = atol(argv[3]);
  const pid_t program = fork();
  if (program < 0) stop("fork");
  if (program == 0) {
    char** words = argv + 5;
    for (; *words != NULL && strchr(*words, '=') != NULL; ++words) putenv(*words);
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    execvp(*words, words);
    stop(*words);
  }
  int status;
  if (waitpid(program, &status, 0) != program || !WIFSTOPPED(status)) stop("start");
  bool is_new;
  find_thread(program, &is_new);
  ptrace(PTRACE_SETOPTIONS, program, NULL,
         (long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE |
                PTRACE_O_EXITKILL));
  ptrace(PTRACE_SYSCALL, program, NULL, 0L);
  status = trace(program, argv[1]);
  FILE* counts = fopen(argv[4], "w");
  if (counts == NULL) stop(argv[4]);
  fprintf(counts, "%ld %ld\n", made, failed);
  fclose(counts);
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  signal(WTERMSIG(status), SIG_DFL);
  kill(getpid(), WTERMSIG(status));
  return 122;
}
