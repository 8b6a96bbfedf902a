// Allocation before the loader has relocated this library: a library whose code is chosen while it
// is loaded (IFUNC) may have a chooser that allocates, and objects behind us in load order are
// relocated before us. No address of another object is known then, not even where our thread-local
// data lies: such blocks come from a small memory of our own, are recorded by nobody, and are never
// used again when they have been freed.
// Context: before the first constructor, in one thread. Locks: none. Allocates: no.
#ifndef MEMSHIM_SHIM_HOOKS_BEFORE_RELOCATION_H_
#define MEMSHIM_SHIM_HOOKS_BEFORE_RELOCATION_H_

#include <cstddef>

#include "shim/hooks/real_functions.h"

namespace memshim::hooks {

// Whether what lies in this library has its run-time addresses.
bool IsRelocated();

// Zero-filled; null when there is no more.
void* AllocateEarly(size_t alignment, size_t size);

// As realloc: `block` is null or an early one.
void* ResizeEarly(void* block, size_t size);

// Lets those functions of `real` that are given blocks know the early ones, if there are any.
void ReplaceForEarlyBlocks(RealFunctions* real);

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_BEFORE_RELOCATION_H_
