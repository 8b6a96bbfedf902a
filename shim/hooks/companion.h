// What the companions (shim/companions) tell libmemshim.so of: blocks of allocation functions that
// exist only where another library brings them, and that it therefore must not define itself. The
// functions are exported under these names; a companion that is loaded alone finds none.
// Context: hook. Signals: guarded by Event.
#ifndef MEMSHIM_SHIM_HOOKS_COMPANION_H_
#define MEMSHIM_SHIM_HOOKS_COMPANION_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "shim/ledger/format.h"
#include "shim/unwind/frame_state.h"

#ifndef MEMSHIM_COMPANION_API
#define MEMSHIM_COMPANION_API __attribute__((visibility("default")))
#endif

struct link_map;

namespace memshim::hooks {

// Which objects can go, and whether some may have gone: what a companion's memory of their
// functions depends on.
struct LoadedObjects {
  const struct link_map* last_at_start;  // it and those before it stay
  std::atomic<uint32_t> changes;  // one more whenever others may go, and when they have; not 0
};

}  // namespace memshim::hooks

extern "C" {

// The companion's code lies there: it is in no stack. Once, before any other call.
MEMSHIM_COMPANION_API const memshim::hooks::LoadedObjects* memshim_companion_loaded(uint64_t start,
                                                                                    uint64_t end);

// A real function that makes a block is about to be called. False: this call belongs to another one
// that is being made; hand it on and tell nothing. True: memshim_companion_allocated follows, or
// memshim_companion_leaves when the function has thrown.
MEMSHIM_COMPANION_API bool memshim_companion_enters(uint64_t caller);

// The real function has given `block` or null.
MEMSHIM_COMPANION_API void memshim_companion_allocated(memshim::ledger::AllocationFunction function,
                                                       void* block, size_t size,
                                                       const memshim::unwind::FrameState* caller);

// The real function is about to free `block`; null is none. False: as above. True:
// memshim_companion_leaves follows.
MEMSHIM_COMPANION_API bool memshim_companion_frees(void* block, uint64_t caller);

MEMSHIM_COMPANION_API void memshim_companion_leaves();

// Calls `resize(arguments)`, which gives the resized block, or null when it failed, around the
// records.
MEMSHIM_COMPANION_API void* memshim_companion_resizes(memshim::ledger::AllocationFunction function,
                                                      void* block, size_t size,
                                                      const memshim::unwind::FrameState* caller,
                                                      void* (*resize)(void* arguments),
                                                      void* arguments);

}  // extern "C"

#endif  // MEMSHIM_SHIM_HOOKS_COMPANION_H_
