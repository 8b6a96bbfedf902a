// The ends of the process.
#ifndef MEMSHIM_SHIM_HOOKS_LIFECYCLE_H_
#define MEMSHIM_SHIM_HOOKS_LIFECYCLE_H_

#include "shim/ledger/format.h"

namespace memshim::hooks {

// The process is about to end: seals the ledger and, in the first process, has it finished.
// Later calls, and calls in a vfork child, do nothing.
// Context: exit. Requires: not inside an event.
void EndProcess(ledger::End end, int status);

// quick_exit was called; its handlers are not told the status.
void NoteQuickExit(int status);

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_LIFECYCLE_H_
