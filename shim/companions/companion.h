// What the companions have in common. A companion is a second preload library for functions that
// libmemshim.so must not define: a program takes their mere presence for an allocator's (mallocx),
// or would take them from us where its libraries' own are out of sight (operator new).
//
//   program -> companion -> the function of that name behind it -> libmemshim.so is told
//
// Where the real function is not an allocator's own (libstdc++'s operator new calls malloc), the
// call is handed on and nothing is told: malloc's hook sees it. No guard is raised: a handler of
// std::set_new_handler may free and throw during the call.
// Context: hook. Locks: none. Allocates: no.
#ifndef MEMSHIM_SHIM_COMPANIONS_COMPANION_H_
#define MEMSHIM_SHIM_COMPANIONS_COMPANION_H_

#define MEMSHIM_COMPANION_API __attribute__((weak))

#include "registers.h"
#include "shim/base/attributes.h"
#include "shim/base/elf_lookup.h"
#include "shim/hooks/companion.h"

#define MEMSHIM_CALLER_PC (reinterpret_cast<uint64_t>(__builtin_return_address(0)) - 1)

namespace memshim::companions {

using Function = ledger::AllocationFunction;

// The function of one name behind this library. Zero-filled: not looked for yet.
template <typename Pointer>
struct Real {
  Pointer function;
  bool is_told;  // of its blocks only we can tell

  // May run in several threads at once, with the same result.
  void Find(const char* name) {
    const struct link_map* owner = nullptr;
    void* found = base::FindNext(name, &owner);
    // A library that was opened for itself alone has it, and its caller has found us instead.
    if (found == nullptr) found = base::FindElsewhere(name, &owner);
    if (found == nullptr) __builtin_trap();
    const bool is_allocators_own = base::IsDefinedIn(owner, "malloc");
    is_told = is_allocators_own && &memshim_companion_allocated != nullptr;
    // release: pairs with the acquire in Of.
    __atomic_store_n(&function, reinterpret_cast<Pointer>(found), __ATOMIC_RELEASE);
  }
};

template <typename Pointer>
inline const Real<Pointer>& Of(Real<Pointer>* real, const char* name) {
  if (__atomic_load_n(&real->function, __ATOMIC_ACQUIRE) == nullptr) [[unlikely]]
    real->Find(name);
  return *real;
}

}  // namespace memshim::companions

extern "C" const char __ehdr_start __attribute__((visibility("hidden")));
extern "C" const char _end __attribute__((visibility("hidden")));

namespace memshim::companions {

__attribute__((constructor, used)) static void TellWhereItLies() {
  if (&memshim_companion_loaded == nullptr) return;
  memshim_companion_loaded(reinterpret_cast<uint64_t>(&__ehdr_start),
                           reinterpret_cast<uint64_t>(&_end));
}

template <typename Pointer, typename... Arguments>
inline void Free(const Real<Pointer>& real, uint64_t caller, void* block, Arguments... arguments) {
  const bool is_told = real.is_told && memshim_companion_frees(block, caller);
  real.function(block, arguments...);
  if (is_told) memshim_companion_leaves();
}

}  // namespace memshim::companions

#endif  // MEMSHIM_SHIM_COMPANIONS_COMPANION_H_
