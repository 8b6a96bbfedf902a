// See other_threads.h.
#include <dirent.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>

#include "shim/base/single_threaded.h"
#include "shim/hooks/other_threads.h"
#include "shim/hooks/signals_linux.h"

namespace memshim::hooks {
namespace {

using base::IsError;
using base::RawSyscall;

// glibc's for setuid and its kin in all threads: pthread_sigmask never blocks it, and nobody else
// waits for it.
constexpr int kParkingSignal = 33;
constexpr int kMostPasses = 16;
constexpr struct timespec kMoment = {0, 50'000};
constexpr int kMostMoments = 40;  // of one pass, behind the yields
constexpr int kMostYields = 40;

std::atomic<int> g_parked;

// Every other signal is blocked here.
void Park(int) {
  g_parked.fetch_add(1, std::memory_order_relaxed);  // a count, ordered with nothing
  for (;;) RawSyscall(SYS_ppoll, 0, 0, 0, 0, base::kSignalSetBytes);
}

void NeverReturnsThere() {}

int ThreadNumber(const char* name) {
  int number = 0;
  for (; *name >= '0' && *name <= '9'; ++name) number = 10 * number + (*name - '0');
  return *name == '\0' ? number : 0;
}

// Sends each other thread the signal; how many could be sent it. Those that are parked have it
// blocked. A thread that has ended before its process, as a leader does by pthread_exit, is listed.
int SignalOthers() {
  const long folder = base::SysOpen("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (IsError(folder)) return 0;
  const int own = static_cast<int>(RawSyscall(SYS_gettid));
  int others = 0;
  alignas(struct dirent64) char entries[2048] = {};
  for (;;) {
    const long bytes =
        RawSyscall(SYS_getdents64, folder, reinterpret_cast<long>(entries), sizeof(entries));
    if (bytes <= 0) break;
    for (long at = 0; at < bytes;) {
      const struct dirent64* entry = reinterpret_cast<const struct dirent64*>(entries + at);
      at += entry->d_reclen;
      const int thread = ThreadNumber(entry->d_name);
      if (thread == 0 || thread == own) continue;
      others += !IsError(RawSyscall(SYS_tgkill, base::SysGetpid(), thread, kParkingSignal));
    }
  }
  base::SysClose(static_cast<int>(folder));
  return others;
}

void WaitForParked(int others) {
  for (int i = 0; i < kMostYields + kMostMoments; ++i) {
    if (g_parked.load(std::memory_order_relaxed) >= others) return;
    if (i < kMostYields) {
      RawSyscall(SYS_sched_yield);
    } else {
      RawSyscall(SYS_nanosleep, reinterpret_cast<long>(&kMoment), 0);
    }
  }
}

}  // namespace

bool ParkOtherThreads() {
  if (base::IsSingleThreaded()) return false;
  constexpr unsigned long kRestorer = 0x04000000;  // SA_RESTORER: the kernel of x86-64 insists
  SetSignalAction(kParkingSignal, {Park, SA_ONSTACK | kRestorer, NeverReturnsThere, ~uint64_t{0}});
  int most = 0, last_parked = -1;
  for (int pass = 0; pass < kMostPasses; ++pass) {
    // Those that were parked before a listing start no others: what it has besides is new, or
    // cannot be parked now (in vfork, in the kernel, ended), and two listings without progress are
    // enough.
    const int parked = g_parked.load(std::memory_order_relaxed);
    const int others = SignalOthers();
    if (others <= parked || (parked == last_parked && others <= most)) break;
    most = others > most ? others : most;
    last_parked = parked;
    WaitForParked(others);
  }
  return most > 0;
}

}  // namespace memshim::hooks
