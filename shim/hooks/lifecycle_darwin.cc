// Start and ends of the process, for macOS:
//
//   constructor (inserted libraries are initialized before the program's) -> recording -> one of
//     exit, return from main   __cxa_atexit handler, registered first and thus run last
//     _exit, _Exit             hooks
//     anything else            nothing runs; the ledger stays and is finished later
//
// Before the constructor, hooks pass by: what libSystem's own initializer allocates is not
// recorded.
//
// Context: start, exit. Allocates: no.
#include <regex.h>

#include "shim/hooks/fork_in_handler.h"
#include "shim/hooks/interpose_darwin.h"
#include "shim/hooks/lifecycle.h"
#include "shim/hooks/process.h"
#include "shim/hooks/real_functions.h"
#include "shim/hooks/standard_error.h"
#include "shim/hooks/thread_end.h"
#include "shim/unwind/images_darwin.h"
#include "thread_number.h"

extern "C" int __cxa_atexit(void (*function)(void*), void* argument, void* image);

namespace memshim::hooks {
namespace {

// What exit was called with. A return from main is dyld's own call of it, which may not come to us.
int g_exit_status;
bool g_has_exit_status;

void OnExit(void*) {
  EndProcess(g_has_exit_status ? ledger::End::kExit : ledger::End::kNone, g_exit_status);
}

// The system ends the process behind its handlers by _exit, and tells the status to whoever is
// there: what was not known before.
void NoteStatus(int status) {
  Process* process = g_process;
  if (process == nullptr || process->pid != base::SysGetpid()) return;
  if (process->stage.load(std::memory_order_acquire) != Stage::kOver) return;
  ledger::Header& header = process->ledger.header();
  if (header.phase.load(std::memory_order_relaxed) != ledger::Phase::kEnded) return;
  if (header.end != ledger::End::kNone) return;
  header.exit_status = status;
  header.end = ledger::End::kExit;
}

void LeaveQuicklyWith(int status) {
  EndProcess(ledger::End::kFastExit, status);
  NoteStatus(status);
}

CodeRange CodeOf(const void* function) {
  unwind::ModuleInfo module;
  if (!unwind::FindModule(reinterpret_cast<uint64_t>(function), &module)) return {};
  return {module.start, module.end - module.start};
}

// Compiling an expression allocates, and forgetting it frees: in libsystem_c, whose calls go the
// same way as the program's.
bool AreCallsSeen() {
  regex_t expression;
  if (regcomp(&expression, "memshim", REG_BASIC) != 0) return false;
  regfree(&expression);
  return IsInterposed();
}

__attribute__((constructor)) void Start(int argc, char** argv, char** envp) {
  ReadConfig(argc, argv, envp, &g_config);
  NoteStandardError();
  if (g_config.is_off) return;
  if (!AreCallsSeen()) {
    g_config.is_off = true;
    if (!g_config.is_silent) {
      WriteLine(
          "memshim: this system keeps malloc and free from being replaced: nothing is recorded");
    }
    return;
  }
  unwind::PrepareImages(AdvanceGeneration);
  g_allocator_code = CodeOf(reinterpret_cast<const void*>(&memshim_real_malloc));
  g_libc_code = CodeOf(reinterpret_cast<const void*>(&memshim_real_exit));
  g_config.is_ready = true;
  if (!record::PrepareThreadNumber()) return;
  PrepareThreadEnd(ReleaseThread);  // from here on hooks record
  PrepareForkInHandler();
  __cxa_atexit(OnExit, nullptr, nullptr);
  StartProcess();
}

}  // namespace
}  // namespace memshim::hooks

extern "C" {

void memshim_exit(int status) {
  memshim::hooks::g_exit_status = status;
  memshim::hooks::g_has_exit_status = true;
  memshim::hooks::Real().exit(status);
}

void memshim__exit(int status) {
  memshim::hooks::LeaveQuicklyWith(status);
  memshim::hooks::Real()._exit(status);
}

void memshim__Exit(int status) {
  memshim::hooks::LeaveQuicklyWith(status);
  memshim::hooks::Real()._Exit(status);
}

}  // extern "C"
