// Taking the stack of the calling thread. One engine at a time stands behind this interface.
// Context: Open at start; Capture in hooks. Signals: guarded.
#ifndef MEMSHIM_SHIM_UNWIND_UNWINDER_H_
#define MEMSHIM_SHIM_UNWIND_UNWINDER_H_

#include <cstdint>
#include <string_view>

namespace memshim::unwind {

// Deeper stacks lose their outermost frames in this engine; StackTrie cuts to its own limit.
inline constexpr int kMaxCapture = 4096;

// Makes the engine ready. May allocate from the program's heap (the dynamic linker does), so the
// caller marks such blocks as memshim's own. False: no such engine here.
bool OpenUnwinder(std::string_view name);

// Look-up addresses (return address - 1) of the caller's callers, innermost first, without frames
// of this library. Returns how many; 0 when no stack could be taken. errno is kept.
// `scratch` has room for kMaxCapture addresses.
int Capture(uint64_t* scratch);

// Forgets what the engine remembers of code that has been unloaded.
void FlushUnwinder();

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_UNWINDER_H_
