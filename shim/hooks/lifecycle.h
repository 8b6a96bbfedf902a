// The start and the ends of the process.
#ifndef MEMSHIM_SHIM_HOOKS_LIFECYCLE_H_
#define MEMSHIM_SHIM_HOOKS_LIFECYCLE_H_

#include "shim/ledger/format.h"

namespace memshim::hooks {

// Descriptor 2 as it is now: a program that closes it and opens something else under the same
// number must not find our lines in there. At start.
void NoteStandardError();

// The first event, unless the loader has allocated already: the ledger is made, and recording
// begins. Context: start. Requires: g_config is ready.
void StartProcess();

// The process is about to end: seals the ledger and, in the first process, has it finished.
// Later calls, and calls in a vfork child, do nothing.
// Context: exit. Requires: not inside an event.
void EndProcess(ledger::End end, int status);

// The folder of the ledger is about to get out of sight or out of reach: what has waited to see
// whether the process is worth a file can wait no longer.
void CommitWhileItCanBeDone();

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_LIFECYCLE_H_
