// What the system says of this process and machine.
// Context: start. Locks: none. Allocates: no.
#ifndef MEMSHIM_SHIM_HOOKS_SURROUNDINGS_H_
#define MEMSHIM_SHIM_HOOKS_SURROUNDINGS_H_

#include "shim/base/text.h"

namespace memshim::hooks {

// Whether the program has more rights than its caller.
bool HasMoreRights();

// Appends the path of the program's file; what it was called by where that cannot be had.
void AppendExecutable(char** argv, base::Path* path);

// False, and appends nothing: it has none.
bool AppendHostName(base::Path* path);

bool IsTerminal(int fd);

// Whether the C library is ready for what opens libraries.
bool IsLibcReady();

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_SURROUNDINGS_H_
