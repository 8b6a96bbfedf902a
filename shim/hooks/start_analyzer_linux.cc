// See start_analyzer.h.
//
// Two clones, because execve resets a child's exit signal to SIGCHLD, which the program would
// receive: an intermediate that shares our memory and never execs (exit signal 0, every signal
// blocked), and its own child, which becomes the analyzer. The intermediate waits and leaves; the
// program can neither see nor reap either of them by accident.
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>

#include "shim/base/elf_lookup.h"
#include "shim/hooks/other_threads.h"
#include "shim/hooks/real_functions.h"
#include "shim/hooks/signals_linux.h"
#include "shim/hooks/start_analyzer.h"

extern "C" {
extern char** environ __attribute__((weak));
}

namespace memshim::hooks {
namespace {

using base::IsError;
using base::kSignalSetBytes;
using base::Path;
using base::RawSyscall;

constexpr size_t kStackBytes = size_t{64} << 10;
constexpr int kMaxEnvironment = 4096;

// Everything the two helpers need, prepared before the first clone.
struct Errand {
  Process* process;
  Path analyzer;
  Path folder;  // of the library
  const char* arguments[8];
  const char* environment[kMaxEnvironment];
  bool is_announced;
  bool is_piped;
  int pipe[2];
  uint64_t deadline_ns;  // CLOCK_MONOTONIC
  bool is_started;
  FinishResult result;
  char* analyzer_stack_end;
};

bool IsExecutable(const char* path) { return !IsError(base::SysAccess(path, 1 /* X_OK */)); }

// Own directory, the install-relative bin directories, the build tree; the same from where memshim
// run has us loaded from, two folders further down.
bool FindAnalyzer(Errand* errand) {
  Path* path = &errand->analyzer;
  Path& folder = errand->folder;
  *path = g_config.analyzer;
  if (!path->empty()) return IsExecutable(path->c_str());
  const struct link_map* own = base::OwnObject();
  if (own == nullptr) return false;
  if (own->l_name[0] != '/') folder.Append(g_config.start_directory.view()).AppendChar('/');
  folder.Append(base::FolderOf(own->l_name));
  for (const char* up : {"", "/../.."}) {
    for (const char* place : {"/memshim-report", "/../bin/memshim-report",
                              "/../../bin/memshim-report", "/../analyzer/cli/memshim-report"}) {
      path->Clear();
      path->Append(folder.view()).Append(up).Append(place);
      if (!path->overflowed() && IsExecutable(path->c_str())) return true;
    }
  }
  return false;
}

// Variables that would make the analyzer load, allocate or be recorded differently.
bool IsScrubbed(std::string_view variable) {
  for (const std::string_view prefix : {"LD_", "GLIBC_TUNABLES", "MALLOC_", "MEMSHIM_"}) {
    if (variable.size() >= prefix.size() &&
        memcmp(variable.data(), prefix.data(), prefix.size()) == 0) {
      return true;
    }
  }
  return false;
}

void FillEnvironment(Errand* errand) {
  int n = 0;
  char** from = &environ == nullptr ? nullptr : environ;
  for (; from != nullptr && *from != nullptr && n < kMaxEnvironment - 1; ++from) {
    if (!IsScrubbed(*from)) errand->environment[n++] = *from;
  }
  errand->environment[n] = nullptr;
}

// The grandchild. Its memory is the program's own until execve, so it writes to nothing but the
// errand.
int BecomeAnalyzer(void* argument) {
  Errand* errand = static_cast<Errand*>(argument);
  if (errand->is_piped) RawSyscall(SYS_dup3, errand->pipe[0], 0, 0);
  const long null = base::SysOpen("/dev/null", O_RDWR, 0);
  if (!IsError(null)) {
    if (!errand->is_piped) RawSyscall(SYS_dup3, null, 0, 0);
    RawSyscall(SYS_dup3, null, 1, 0);
    if (!errand->is_announced) RawSyscall(SYS_dup3, null, 2, 0);
  }
  // node has all three closed on execve; the analyzer's own files would come to lie there.
  RawSyscall(SYS_fcntl, 2, F_SETFD, 0);
  if (IsError(RawSyscall(436 /* close_range */, 3, ~0u, 0))) {
    for (int fd = 3; fd < 1024; ++fd) base::SysClose(fd);  // Linux before 5.9
  }
  // Ignored signals stay ignored over execve, blocked ones blocked: give the analyzer a clean set.
  for (int signal = 1; signal <= 64; ++signal) SetSignalAction(signal, {});
  // Ctrl+C, or a signal to the program's group, is not for it; nor is it stopped by a line to the
  // terminal of somebody else's job, and the program with it.
  RawSyscall(SYS_setsid);
  base::SetSignalMask(SIG_SETMASK, 0);
  RawSyscall(SYS_execve, reinterpret_cast<long>(errand->analyzer.c_str()),
             reinterpret_cast<long>(errand->arguments),
             reinterpret_cast<long>(errand->environment));
  errand->is_started = false;
  RawSyscall(SYS_exit, 127);
  return 127;
}

int MillisecondsLeft(const Errand& errand) {
  const uint64_t now = base::ClockNanoseconds(CLOCK_MONOTONIC);
  return now >= errand.deadline_ns ? 0 : static_cast<int>((errand.deadline_ns - now) / 1000000) + 1;
}

// Writes the ledger into the pipe as long as the analyzer reads it; SIGPIPE is blocked.
void SendLedger(Errand* errand) {
  ledger::Ledger& ledger = errand->process->ledger;
  const uint32_t units = static_cast<uint32_t>(ledger.used_bytes() / ledger::kUnitBytes);
  struct pollfd room = {errand->pipe[1], POLLOUT, 0};
  for (uint32_t unit = 0; unit < units; ++unit) {
    for (size_t done = 0; done < ledger::kUnitBytes;) {
      const struct timespec left = {MillisecondsLeft(*errand) / 1000, 1000000};
      if (RawSyscall(SYS_ppoll, reinterpret_cast<long>(&room), 1, reinterpret_cast<long>(&left), 0,
                     kSignalSetBytes) <= 0) {
        return;  // it does not read
      }
      const long n =
          base::SysWrite(errand->pipe[1], ledger.unit(unit) + done, ledger::kUnitBytes - done);
      if (n <= 0) return;  // it is gone
      done += static_cast<size_t>(n);
    }
  }
}

// Until the analyzer ends, which SIGCHLD tells at once (blocked here, as every signal is), or the
// time is over.
void WaitFor(long child, Errand* errand) {
  constexpr uint64_t kChildEnded = base::SignalBit(SIGCHLD);
  errand->result = FinishResult::kStillWorking;
  for (;;) {
    int status = 0;
    const long n =
        RawSyscall(SYS_wait4, child, reinterpret_cast<long>(&status), WNOHANG | __WALL, 0);
    if (n == child) {
      const bool is_fine = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      errand->result = is_fine ? FinishResult::kDone : FinishResult::kFailed;
      return;
    }
    const int left = MillisecondsLeft(*errand);
    if (IsError(n) || left == 0) return;
    const struct timespec limit = {left / 1000, left % 1000 * 1'000'000L};
    RawSyscall(SYS_rt_sigtimedwait, reinterpret_cast<long>(&kChildEnded), 0,
               reinterpret_cast<long>(&limit), kSignalSetBytes);
  }
}

// The intermediate: shares memory, but has its own descriptors.
int RunErrand(void* argument) {
  Errand* errand = static_cast<Errand*>(argument);
  if (errand->is_piped &&
      IsError(RawSyscall(SYS_pipe2, reinterpret_cast<long>(errand->pipe), O_CLOEXEC))) {
    return 1;
  }
  errand->is_started = true;
  SetSignalAction(SIGCHLD, {});  // where the program ignores it, neither it nor a status would come
  const int child =
      clone(BecomeAnalyzer, errand->analyzer_stack_end, CLONE_VM | CLONE_VFORK | SIGCHLD, errand);
  if (child > 0) {
    if (errand->is_piped) {
      base::SysClose(errand->pipe[0]);
      SendLedger(errand);
      base::SysClose(errand->pipe[1]);
    }
    WaitFor(child, errand);
  } else {
    errand->is_started = false;
  }
  RawSyscall(SYS_exit, 0);
  return 0;
}

void FillArguments(Errand* errand) {
  int n = 0;
  errand->arguments[n++] = "memshim-report";
  errand->arguments[n++] = "--finish";
  if (errand->is_announced) errand->arguments[n++] = "--announce";
  errand->arguments[n++] = errand->is_piped ? "-" : errand->process->ledger_path.c_str();
  errand->arguments[n] = nullptr;
}

// Of this thread, from PrepareFinish to EndFinish. Zero-filled at first.
struct LastMoment {
  uint64_t mask;    // before
  uint64_t raised;  // by the last writes, to be delivered at the end: kRaisedByWrites
  bool has_others;  // other threads, which are parked, or will be
};
LastMoment g_last_moment;

// What exit does behind all handlers, and thus behind us: what the program has written is out
// before the wait begins, and is not lost to who ends it meanwhile. fcloseall is that function's
// only other name. What ends a program that writes to nobody ends it behind the wait.
void FlushStreams() {
  using Flush = int (*)();
  const Flush flush = reinterpret_cast<Flush>(base::FindNext("fcloseall"));
  if (flush == nullptr) return;
  const uint64_t before = PendingSignals();
  const uint64_t mask = base::SetSignalMask(SIG_BLOCK, kRaisedByWrites);
  flush();
  g_last_moment.raised = PendingSignals() & ~before & kRaisedByWrites & ~mask;
}

}  // namespace

void PrepareFinish(ledger::End end) {
  const int saved_errno = errno;
  g_last_moment.mask = base::SetSignalMask(SIG_BLOCK, 0);
  if (end == ledger::End::kExit) FlushStreams();
  // Before another thread is sent one: a setuid of its own would send it to us.
  base::SetSignalMask(SIG_SETMASK, base::kEverySignal);
  g_last_moment.has_others = ParkOtherThreads();
  errno = saved_errno;
}

void EndFinish(int status) {
  while (TakePendingSignal(base::kEverySignal & ~g_last_moment.raised)) continue;
  if (!g_last_moment.has_others) {
    base::SetSignalMask(SIG_SETMASK, g_last_moment.mask);
    return;
  }
  // A handler of the program's might wait for a thread that is parked; what exit would still do,
  // for its lock.
  base::SetSignalMask(SIG_UNBLOCK, g_last_moment.raised);
  Real()._exit(status);
}

FinishResult FinishProfile(Process* process, bool is_announced) {
  const size_t errand_bytes = base::RoundUp(sizeof(Errand), base::kPageBytes);
  char* memory = static_cast<char*>(base::MapPrivate(errand_bytes + 2 * kStackBytes));
  if (memory == nullptr) return FinishResult::kNotStarted;
  Errand* errand = reinterpret_cast<Errand*>(memory);
  errand->process = process;
  errand->is_announced = is_announced;
  errand->is_piped = process->ledger_path.empty();
  errand->deadline_ns = base::ClockNanoseconds(CLOCK_MONOTONIC) +
                        uint64_t{1000000000} * static_cast<uint64_t>(g_config.wait_seconds);
  errand->result = FinishResult::kNotStarted;
  errand->analyzer_stack_end = memory + errand_bytes + 2 * kStackBytes;
  if (!FindAnalyzer(errand)) {
    base::UnmapPrivate(memory, errand_bytes + 2 * kStackBytes);
    return FinishResult::kNotStarted;
  }
  FillEnvironment(errand);
  FillArguments(errand);
  const int saved_errno = errno;
  const int helper =
      clone(RunErrand, memory + errand_bytes + kStackBytes, CLONE_VM | CLONE_VFORK, errand);
  if (helper > 0) {
    RawSyscall(SYS_wait4, helper, 0, __WALL, 0);
  }
  errno = saved_errno;
  const FinishResult result =
      helper > 0 && errand->is_started ? errand->result : FinishResult::kNotStarted;
  // A timed-out analyzer runs on by itself; its stack is no longer ours after execve.
  base::UnmapPrivate(memory, errand_bytes + 2 * kStackBytes);
  return result;
}

}  // namespace memshim::hooks
