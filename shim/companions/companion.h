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

// What is known of the loaded objects; null before this library's constructor.
inline const hooks::LoadedObjects* g_objects;

// A function of the object that defines it.
template <typename Pointer>
struct Found {
  Pointer function;
  bool is_told;  // of its blocks only we can tell
};

// The function of one name behind this library, remembered as long as it is there: an object that
// was opened later (a C++ runtime that a plugin brought along) may go. Zero-filled: not looked for
// yet. Context: hook. Locks: the loader's, where no object that stays has the function.
template <typename Pointer>
class Real {
 public:
  Found<Pointer> Of(const char* name) {
    // acquire: pairs with the releases in Remember. The second look tells whether they belong
    // together.
    const uint32_t tag = tag_.load(std::memory_order_acquire);
    const Pointer function = function_.load(std::memory_order_acquire);
    if (IsOfNow(tag) && tag_.load(std::memory_order_relaxed) == tag) [[likely]] {
      return {function, (tag & kIsTold) != 0};
    }
    return Find(name);
  }

 private:
  static constexpr uint32_t kIsTold = 1u << 31, kStays = 1u << 30, kChanges = kStays - 1;

  static uint32_t Changes() {
    // acquire: pairs with the release where they are counted.
    return g_objects == nullptr ? 0 : g_objects->changes.load(std::memory_order_acquire) & kChanges;
  }
  static bool IsOfNow(uint32_t tag) {
    return (tag & kStays) != 0 || (tag != 0 && (tag & kChanges) == Changes());
  }

  MEMSHIM_NOINLINE Found<Pointer> Find(const char* name) {
    const uint32_t changes = Changes();  // before the search: what goes meanwhile is not of now
    const struct link_map* owner = nullptr;
    const struct link_map* last = g_objects == nullptr ? nullptr : g_objects->last_at_start;
    void* found = base::FindNext(name, &owner, last);
    const bool stays = found != nullptr && last != nullptr;
    bool is_allocators_own = found != nullptr && base::IsDefinedIn(owner, "malloc");
    if (found == nullptr) found = base::FindAnywhere(name, "malloc", &is_allocators_own);
    if (found == nullptr) __builtin_trap();
    const Found<Pointer> result = {reinterpret_cast<Pointer>(found),
                                   is_allocators_own && &memshim_companion_allocated != nullptr};
    Remember(result.function, (result.is_told ? kIsTold : 0) | (stays ? kStays : changes));
    return result;
  }

  // Several threads may have found different things: one at a time, the others go without.
  void Remember(Pointer function, uint32_t tag) {
    if ((tag & ~kIsTold) == 0 || is_changing_.exchange(true, std::memory_order_acquire)) return;
    tag_.store(0, std::memory_order_relaxed);
    function_.store(function, std::memory_order_release);  // who sees it sees the 0, or the new tag
    tag_.store(tag, std::memory_order_release);
    is_changing_.store(false, std::memory_order_release);
  }

  std::atomic<Pointer> function_;
  std::atomic<uint32_t> tag_;  // of which count of changes, or that it stays; and kIsTold
  std::atomic<bool> is_changing_;
};

}  // namespace memshim::companions

extern "C" const char __ehdr_start __attribute__((visibility("hidden")));
extern "C" const char _end __attribute__((visibility("hidden")));

namespace memshim::companions {

__attribute__((constructor, used)) static void TellWhereItLies() {
  static constinit hooks::LoadedObjects alone = {nullptr, 0};  // what goes is not told of
  if (&memshim_companion_loaded == nullptr) {
    alone.last_at_start = base::LastObject();
    g_objects = &alone;
    return;
  }
  g_objects = memshim_companion_loaded(reinterpret_cast<uint64_t>(&__ehdr_start),
                                       reinterpret_cast<uint64_t>(&_end));
}

template <typename Pointer, typename... Arguments>
inline void Free(const Found<Pointer>& real, uint64_t caller, void* block, Arguments... arguments) {
  const bool is_told = real.is_told && memshim_companion_frees(block, caller);
  real.function(block, arguments...);
  if (is_told) memshim_companion_leaves();
}

}  // namespace memshim::companions

#endif  // MEMSHIM_SHIM_COMPANIONS_COMPANION_H_
