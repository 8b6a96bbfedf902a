// What happens at a fork, for macOS. fork() of libSystem is the one way to a child that goes on
// with this memory (posix_spawn starts other programs; vfork is sent there by its hook), and it
// runs these handlers: those of libraries that are initialized first, as inserted ones are, before
// all others in the child.
//
// Until they run, libSystem's own handlers may allocate in the child. What that records lies in
// copies: of our private memory, and of the ledger, whose mapping children do not share
// (ledger_memory_darwin.cc).
#include <pthread.h>

#include "shim/base/wipe_in_child.h"
#include "shim/hooks/fork_in_handler.h"
#include "shim/hooks/process.h"

namespace memshim::hooks {
namespace {

void BeforeFork() {
  const Busy busy = ThisThread().busy;
  if (busy != Busy::kNo && busy != Busy::kShut) [[unlikely]]
    base::KeepPrivateOnFork(true);
}

void AfterForkInParent() { base::KeepPrivateOnFork(false); }

void AfterForkInChild() {
  ledger::Ledger::DetachInherited();
  RenewThreadStates();
  if (!base::WipePrivateInChild() && g_process != nullptr) {
    // A hook goes on in this child when the handler returns, in the middle of copies.
    g_process->live.store(0);
    g_process->stage.store(Stage::kOver);
  }
  base::KeepPrivateOnFork(false);
}

}  // namespace

void PrepareForkInHandler() { pthread_atfork(BeforeFork, AfterForkInParent, AfterForkInChild); }

}  // namespace memshim::hooks
