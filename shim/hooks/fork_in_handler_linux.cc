// See fork_in_handler.h. _Fork and clone run no such handlers: there the case stays open.
#include "shim/base/elf_lookup.h"
#include "shim/hooks/fork_in_handler.h"
#include "shim/hooks/process.h"

namespace memshim::hooks {
namespace {

bool g_is_kept;  // of the forking thread, between the handlers

void BeforeFork() {
  if (ThisThread().busy != Busy::kNo) [[unlikely]]
    g_is_kept = base::KeepPrivateOnFork(true);
}

void AfterForkInParent() {
  if (!g_is_kept) [[likely]]
    return;
  g_is_kept = false;
  base::KeepPrivateOnFork(false);
}

void AfterForkInChild() {
  if (!g_is_kept) [[likely]] {
    // (A handler of the program's that ran before this one may have begun anew already.)
    if (g_process != nullptr && g_process->pid != 0 && g_process->pid != base::SysGetpid())
        [[unlikely]]
      base::WipePrivate();
    return;
  }
  g_is_kept = false;
  ledger::Ledger::DetachInherited();
  // (seq_cst for nothing: the child has one thread.)
  g_process->live.store(0);
  g_process->stage.store(Stage::kOver);
  base::KeepPrivateOnFork(false);
}

}  // namespace

void PrepareForkInHandler() {
  // What pthread_atfork calls; that itself is linked statically from another library.
  using Register = int (*)(void (*)(), void (*)(), void (*)(), void*);
  const Register add = reinterpret_cast<Register>(base::FindFirst("__register_atfork"));
  if (add != nullptr) add(BeforeFork, AfterForkInParent, AfterForkInChild, nullptr);
}

}  // namespace memshim::hooks
