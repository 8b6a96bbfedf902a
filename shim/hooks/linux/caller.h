// MEMSHIM_CALLER, the state of the caller of the function that it stands in: as the architecture's
// registers.h has it. A platform is a folder with a file of this name; the build puts one of them
// on the include path.
#ifndef MEMSHIM_SHIM_HOOKS_LINUX_CALLER_H_
#define MEMSHIM_SHIM_HOOKS_LINUX_CALLER_H_

#include "registers.h"

#endif  // MEMSHIM_SHIM_HOOKS_LINUX_CALLER_H_
