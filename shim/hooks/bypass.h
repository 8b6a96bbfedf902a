// What the program allocates with past memshim.
// Context: start. Locks: none. Allocates: no.
#ifndef MEMSHIM_SHIM_HOOKS_BYPASS_H_
#define MEMSHIM_SHIM_HOOKS_BYPASS_H_

#include "shim/hooks/config.h"

namespace memshim::hooks {

// Sets config->bypass: "malloc in PATH", "operator new in PATH" or "" when there is no such thing.
void NoteBypass(Config* config);

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_BYPASS_H_
