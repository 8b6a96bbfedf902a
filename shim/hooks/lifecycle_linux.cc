// Start and ends of the process, for Linux:
//
//   constructor (before any other, -z initfirst) -> recording -> one of
//     exit, return from main   on_exit handler, after every other handler and destructor
//     quick_exit               at_quick_exit handler; a hook notes the status
//     _exit, _Exit             hooks
//     anything else            nothing runs; the ledger stays and is finished later
//
// A child that leaves its root or its user gets its ledger before that.
//
// Context: start, exit. Allocates: the dynamic linker may, under Busy::kOwnWork.
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <cstdarg>

#include "shim/base/elf_lookup.h"
#include "shim/base/restricted.h"
#include "shim/hooks/bypass.h"
#include "shim/hooks/fork_in_handler.h"
#include "shim/hooks/lifecycle.h"
#include "shim/hooks/process.h"
#include "shim/hooks/real_functions.h"
#include "shim/hooks/thread_end.h"

extern "C" int on_exit(void (*function)(int, void*), void* argument);

namespace memshim::hooks {
namespace {

void OnExit(int status, void*) { EndProcess(ledger::End::kExit, status); }

// quick_exit does not tell its handlers the status; our hook has noted it.
int g_quick_exit_status;
void OnQuickExit(void*) { EndProcess(ledger::End::kFastExit, g_quick_exit_status); }

void RegisterHandlers() {
  on_exit(OnExit, nullptr);
  using AtQuickExit = int (*)(void (*)(void*), void*);
  AtQuickExit at_quick_exit = reinterpret_cast<AtQuickExit>(base::FindFirst("__cxa_at_quick_exit"));
  if (at_quick_exit != nullptr) at_quick_exit(OnQuickExit, nullptr);
  PrepareThreadEnd(ReleaseThread);
  PrepareForkInHandler();
}

void FindLoader() {
  unwind::ModuleInfo loader;
  if (_r_debug.r_ldbase != 0 && unwind::FindModule(_r_debug.r_ldbase, &loader)) {
    g_loader_start = loader.start;
    g_loader_bytes = loader.end - loader.start;
    static_assert(sizeof(_r_debug.r_state) == sizeof(int) && r_debug::RT_CONSISTENT == 0);
    g_loader_state = reinterpret_cast<const int*>(&_r_debug.r_state);
  }
}

CodeRange CodeOf(uint64_t address) {
  unwind::ModuleInfo module;
  if (!unwind::FindModule(address, &module)) return {};
  return {module.start, module.end - module.start};
}

void FindAllocator() {
  if (!Real().is_foreign) return;
  g_libc_code = CodeOf(reinterpret_cast<uint64_t>(&on_exit));
  g_allocator_code = CodeOf(reinterpret_cast<uint64_t>(Real().malloc));
}

// `call` enters the sandbox that allows nothing but read, write and the end, not even memory for
// our tables: if the kernel does not refuse, recording is over, which is counted as one thing lost.
// (A forked child that has not begun its own recording is kept from it, and has no ledger.)
template <typename Call>
int EnterStrictSandbox(Process* process, Call call) {
  // So that nobody opens the gate again behind us. Whoever waits for it looks again by himself.
  const bool is_locked = process->stage_lock.Acquire();
  const Activity before = ThisThread().busy;
  // Nor may a handler record that runs on the far side.
  ThisThread().busy.BeginRecording(base::StackPointer());
  const int status = call();
  if (status == 0 && ShutGate(process) && process->pid != 0) {
    process->ledger.CountLoss(ledger::Loss::kStrictSandbox);
  }
  ThisThread().busy = before;
  if (is_locked) process->stage_lock.ReleaseWithoutCall();
  return status;
}

__attribute__((constructor)) void Start(int argc, char** argv, char** envp) {
  g_loaded_objects.last_at_start = base::LastObject();
  ReadConfig(argc, argv, envp, &g_config);
  NoteStandardError();
  unwind::PrepareFindModule();
  FindLoader();
  if (g_config.is_off) {
    if (g_process != nullptr) StopRecording(g_process);
    return;
  }
  g_config.is_ready = true;
  FindAllocator();
  NoteBypass(&g_config);
  RegisterHandlers();
  StartProcess();
  NoteThread();
}

}  // namespace
}  // namespace memshim::hooks

extern "C" {

MEMSHIM_EXPORT void _exit(int status) {
  memshim::hooks::EndProcess(memshim::ledger::End::kFastExit, status);
  memshim::hooks::Real()._exit(status);
  __builtin_unreachable();
}

MEMSHIM_EXPORT void _Exit(int status) {
  memshim::hooks::EndProcess(memshim::ledger::End::kFastExit, status);
  memshim::hooks::Real()._Exit(status);
  __builtin_unreachable();
}

// Only notes the status: what quick_exit runs before the end is still recorded.
MEMSHIM_EXPORT void quick_exit(int status) noexcept {
  memshim::hooks::g_quick_exit_status = status;
  memshim::hooks::Real().quick_exit(status);
  __builtin_unreachable();
}

MEMSHIM_EXPORT int prctl(int option, ...) noexcept {
  using memshim::hooks::g_process;
  unsigned long a[4];
  va_list arguments;
  va_start(arguments, option);
  for (unsigned long& argument : a) argument = va_arg(arguments, unsigned long);
  va_end(arguments);
  const auto call = [&] { return memshim::hooks::Real().prctl(option, a[0], a[1], a[2], a[3]); };
  const bool restricts = option == PR_SET_SECCOMP || (option == PR_SET_NO_NEW_PRIVS && a[0] != 0);
  // Not for a vfork child: it shares our memory and is about to become another program.
  const bool is_ours =
      g_process == nullptr || g_process->pid == 0 || g_process->pid == memshim::base::SysGetpid();
  if (!restricts || !is_ours) return call();
  // From here on a system call may end the process: start nothing, open nothing.
  memshim::base::g_restrictions.fetch_add(1);
  const bool is_strict = option == PR_SET_SECCOMP && a[0] == SECCOMP_MODE_STRICT;
  const int status = is_strict && g_process != nullptr
                         ? memshim::hooks::EnterStrictSandbox(g_process, call)
                         : call();
  if (status != 0) memshim::base::g_restrictions.fetch_sub(1);  // nothing has changed
  return status;
}

MEMSHIM_EXPORT int chroot(const char* path) noexcept {
  memshim::hooks::CommitWhileItCanBeDone();
  return memshim::hooks::Real().chroot(path);
}

MEMSHIM_EXPORT int setuid(uid_t user) noexcept {
  memshim::hooks::CommitWhileItCanBeDone();
  return memshim::hooks::Real().setuid(user);
}

MEMSHIM_EXPORT int seteuid(uid_t effective) noexcept {
  memshim::hooks::CommitWhileItCanBeDone();
  return memshim::hooks::Real().seteuid(effective);
}

MEMSHIM_EXPORT int setreuid(uid_t real, uid_t effective) noexcept {
  memshim::hooks::CommitWhileItCanBeDone();
  return memshim::hooks::Real().setreuid(real, effective);
}

MEMSHIM_EXPORT int setresuid(uid_t real, uid_t effective, uid_t saved) noexcept {
  memshim::hooks::CommitWhileItCanBeDone();
  return memshim::hooks::Real().setresuid(real, effective, saved);
}

}  // extern "C"
