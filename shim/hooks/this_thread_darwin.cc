// See darwin/this_thread.h.
//
// A thread's destructors run in up to four rounds as long as they set values again. In the fourth
// that it sees a state goes back to those that the next threads get; one that a destructor of the
// first round has made sees three, and stays. What the thread has of the process is given back in
// each: events between the rounds take it anew.
#include <sys/mman.h>

#include <new>

#include "shim/base/lock.h"
#include "shim/base/memory.h"
#include "this_thread.h"

namespace memshim::hooks {

bool g_has_states;
pthread_key_t g_state_key;
ThreadState g_shut_state = {nullptr, 0, false, 0, {static_cast<uintptr_t>(Busy::kShut)}};

namespace {

constexpr uint8_t kLastRound = 4;  // PTHREAD_DESTRUCTOR_ITERATIONS

// Lies in ordinary memory, so that the state of a thread that forks inside a hook is there still.
struct StoredState {
  ThreadState state;
  StoredState* next_free;
  uint8_t round;
};
constexpr size_t kChunkStates = base::kPageBytes / sizeof(StoredState);

base::Lock g_lock;
StoredState* g_free;
void (*g_on_end)();

StoredState* TakeStored() {
  base::LockScope scope(g_lock);
  if (!scope.ok()) return nullptr;
  if (g_free == nullptr) {
    const long at = base::SysMmap(nullptr, base::kPageBytes, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base::IsError(at)) return nullptr;
    StoredState* states = reinterpret_cast<StoredState*>(at);
    for (size_t i = 0; i < kChunkStates; ++i) {
      states[i].next_free = g_free;
      g_free = &states[i];
    }
  }
  StoredState* taken = g_free;
  g_free = taken->next_free;
  return taken;
}

void GiveBack(StoredState* stored) {
  base::LockScope scope(g_lock);
  if (!scope.ok()) return;
  stored->next_free = g_free;
  g_free = stored;
}

void OnRound(void* value) {
  if (value == &g_shut_state) return;  // stays: pthread counts the rounds
  StoredState* stored = static_cast<StoredState*>(value);
  pthread_setspecific(g_state_key, value);
  g_on_end();
  if (++stored->round < kLastRound) return;
  pthread_setspecific(g_state_key, &g_shut_state);
  GiveBack(stored);
}

}  // namespace

bool PrepareThreadStates(void (*on_end)()) {
  if (pthread_key_create(&g_state_key, OnRound) != 0) return false;
  g_on_end = on_end;
  g_has_states = true;
  return true;
}

void RenewThreadStates() { ::new (&g_lock) base::Lock(); }

ThreadState& MakeThreadState() {
  StoredState* stored = TakeStored();
  if (stored == nullptr) return g_shut_state;
  *stored = {};
  if (pthread_setspecific(g_state_key, stored) == 0) return stored->state;
  GiveBack(stored);
  return g_shut_state;
}

}  // namespace memshim::hooks
