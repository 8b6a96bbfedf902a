// See thread_end.h. By thread-specific data: its destructors run after those of C++ thread_local
// objects, and a destructor that sets its value again gets another round, up to four in glibc.
#include <cstdint>

#include "shim/base/elf_lookup.h"
#include "shim/hooks/thread_end.h"

namespace memshim::hooks {
namespace {

using Create = int (*)(unsigned*, void (*)(void*));
using Set = int (*)(unsigned, const void*);

constexpr uintptr_t kLastRound = 4;  // PTHREAD_DESTRUCTOR_ITERATIONS

unsigned g_key;
Set g_set;  // null: no thread-specific data here
void (*g_on_end)();

void OnRound(void* value) {
  const uintptr_t round = reinterpret_cast<uintptr_t>(value);
  if (round < kLastRound) {
    g_set(g_key, reinterpret_cast<void*>(round + 1));
  } else {
    g_on_end();
  }
}

}  // namespace

void PrepareThreadEnd(void (*on_end)()) {
  // By look-up: before glibc 2.34 these are in libpthread.
  const Create create = reinterpret_cast<Create>(base::FindFirst("pthread_key_create"));
  const Set set = reinterpret_cast<Set>(base::FindFirst("pthread_setspecific"));
  if (create == nullptr || set == nullptr || create(&g_key, OnRound) != 0) return;
  g_on_end = on_end;
  g_set = set;
}

void NoteThread() {
  // One of the first 32 keys: setting it allocates nothing.
  if (g_set != nullptr) g_set(g_key, reinterpret_cast<void*>(uintptr_t{1}));
}

}  // namespace memshim::hooks
