// Start and ends of the process: the constructor, the exit handlers, and the hooks of functions
// that end or restrict the process.
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
#include "shim/hooks/lifecycle.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <cstdarg>

#include "shim/base/elf_lookup.h"
#include "shim/base/restricted.h"
#include "shim/hooks/ancestry.h"
#include "shim/hooks/bypass.h"
#include "shim/hooks/fork_in_handler.h"
#include "shim/hooks/process.h"
#include "shim/hooks/real_functions.h"
#include "shim/hooks/standard_error.h"
#include "shim/hooks/start_analyzer.h"
#include "shim/hooks/thread_end.h"

extern "C" int on_exit(void (*function)(int, void*), void* argument);

namespace memshim::hooks {
namespace {

using base::IsError;

// Descriptor 2 as it was at the start: a program that closed it and opened something else under
// the same number must not find our lines in there.
struct stat g_stderr;
bool g_has_stderr;

bool IsStderrUnchanged() {
  struct stat now = {};
  return g_has_stderr && !IsError(base::SysFstat(2, &now)) && now.st_dev == g_stderr.st_dev &&
         now.st_ino == g_stderr.st_ino && now.st_rdev == g_stderr.st_rdev;
}

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

bool HasImageCount(std::string_view pattern) {
  for (size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] == '%' && pattern[i + 1] == 'n') return true;
  }
  return false;
}

// A long run must not be lost to a mistyped folder, so this is said at once, to everybody.
void SayThatNothingSurvives(Process& process) {
  if (g_config.is_silent || base::IsRestricted()) return;
  process.scratch.Clear();
  const std::string_view folder = base::FolderOf(process.output.view());
  process.scratch.Append("memshim: no ledger can be made in ").AppendPlain(folder);
  process.scratch.Append(": a profile is made only if the program ends by itself");
  WriteLine(process.scratch.view());
}

// No memory for memshim itself. A later event that found some would begin without an output.
void GiveUp() {
  g_config.is_off = true;
  // release: pairs with the acquire in EnterSlow.
  if (g_process != nullptr) g_process->stage.store(Stage::kOver, std::memory_order_release);
  if (g_config.is_silent || base::IsRestricted()) return;
  if (FindRecordedAncestor(g_config, &g_family_output)) return;
  WriteLines(g_config.messages.view());
  WriteLine("memshim: there is no memory to record with: nothing is recorded");
}

void StartProcess() {
  Event event;  // the first one, unless the loader has allocated already
  if (!event.is_open()) {
    GiveUp();
    return;
  }
  Process* process = &event.process();
  process->is_first = !FindRecordedAncestor(g_config, &g_family_output);
  if (process->is_first) {
    WriteLines(g_config.messages.view());
    const bool counts_images = HasImageCount(g_config.output_pattern.view());
    ExpandOutput(g_config, process->pid,
                 counts_images ? CountEarlierImages(g_config, process->pid) : 0, &g_family_output);
    process->output = g_family_output;
    CommitLedger(process);
    if (process->ledger_path.empty()) SayThatNothingSurvives(*process);
  } else if (g_config.is_followed) {
    SetDescendantOutput(process);
  } else {
    process->stage.store(Stage::kOver, std::memory_order_release);  // as in GiveUp
  }
}

__attribute__((constructor)) void Start(int argc, char** argv, char** envp) {
  g_loaded_objects.last_at_start = base::LastObject();
  ReadConfig(argc, argv, envp, &g_config);
  g_has_stderr = !IsError(base::SysFstat(2, &g_stderr));
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

// The folder of the ledger is about to get out of sight or out of reach: what has waited to see
// whether the process is worth a file can wait no longer.
void CommitWhileItCanBeDone() {
  Event event;
  if (!event.is_open()) return;
  Process* process = &event.process();
  if (process->stage.load(std::memory_order_relaxed) == Stage::kEarly) CommitLedger(process);
}

// Where the data is when the analyzer did not make a profile of it.
void SayWhatIsLeft(Process* process, FinishResult result) {
  base::Path& line = process->scratch;
  const bool is_file = !process->ledger_path.empty();
  if (result == FinishResult::kDone &&
      (!is_file || IsError(base::SysAccess(process->ledger_path.c_str(), 0)))) {
    return;
  }
  line.Clear();
  if (result == FinishResult::kStillWorking) {
    line.Append("memshim: memshim-report is still at work on ").AppendPlain(process->output.view());
  } else if (is_file) {
    line.Append("memshim: no profile was made, its data is in ");
    line.AppendPlain(process->ledger_path.view()).Append("; finish it with: memshim-report ");
    line.AppendPlain(process->output.view());
  } else {
    line.Append("memshim: the profile is lost: memshim-report made none, and there was no file ");
    line.Append("for the ledger");
  }
  WriteLine(line.view());
}

// `call` enters the sandbox that allows nothing but read, write and the end, not even memory for
// our tables: if the kernel does not refuse, recording is over, which is counted as one thing lost.
// (A forked child that has not begun its own recording is kept from it, and has no ledger.)
template <typename Call>
int EnterStrictSandbox(Process* process, Call call) {
  // So that nobody opens the gate again behind us. Whoever waits for it looks again by himself.
  const bool is_locked = process->stage_lock.Acquire();
  const Busy before = t_state.busy;
  t_state.busy = Busy::kRecording;  // nor may a handler record that runs on the far side
  const int status = call();
  if (status == 0 && ShutGate(process) && process->pid != 0) {
    process->ledger.CountLoss(ledger::Loss::kStrictSandbox);
  }
  t_state.busy = before;
  if (is_locked) process->stage_lock.ReleaseWithoutCall();
  return status;
}

}  // namespace

void NoteQuickExit(int status) { g_quick_exit_status = status; }

void EndProcess(ledger::End end, int status) {
  Process* process = g_process;
  if (process == nullptr) return;
  if (base::IsRestricted()) {
    if (end == ledger::End::kFastExit) return;  // the ledger stays; no call is safe here
  } else if (process->pid != base::SysGetpid()) {
    return;  // a vfork child shares our memory: its _exit is not our end
  }
  const Stage stage = process->stage.load(std::memory_order_acquire);
  if (stage != Stage::kLive && !(stage == Stage::kEarly && process->is_first)) return;
  if (!StopRecording(process)) return;
  NoteEnd(process, end, status);
  if (IsStopWanted(process)) return;  // who has asked for it has made the profile
  if (!process->is_first || base::IsRestricted()) return;
  const bool is_announced = g_config.is_announced && IsStderrUnchanged();
  const FinishResult result = FinishProfile(process, is_announced);
  if (is_announced) SayWhatIsLeft(process, result);
}

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
  memshim::hooks::NoteQuickExit(status);
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
