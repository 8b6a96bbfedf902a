// How private memory is wiped in forked children, for macOS, whose kernel has nothing that would do
// it (minherit knows "shared", "copied" and "absent", and an absent page is a SIGBUS): the first
// handler that runs in the child does, see fork_in_handler_darwin.cc. See memory.h.
#include "shim/base/memory.h"
#include "shim/base/wipe_in_child.h"

namespace memshim::base {
namespace {

bool g_is_kept;  // of the thread that forks, for its child

}  // namespace

bool PreparePrivate(void*, size_t) { return true; }

bool KeepPrivateOnFork(bool is_kept) {
  g_is_kept = is_kept;
  return true;
}

bool WipePrivateInChild() { return !g_is_kept && VisitPrivate(EmptyPages); }

}  // namespace memshim::base
