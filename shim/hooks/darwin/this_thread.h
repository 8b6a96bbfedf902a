// The calling thread's state, for macOS, where thread-local variables are not for hooks: the first
// touch of one in a thread allocates (dyld makes room for it by malloc), and at its end they are
// gone before the last destructors run. A pthread key's value lies in the thread's own page
// instead.
//
// Until the start is over, where there is no memory, and behind the last destructor of a thread, it
// has no state of its own, and gets one that all such threads share, whose gate is shut.
#ifndef MEMSHIM_SHIM_HOOKS_DARWIN_THIS_THREAD_H_
#define MEMSHIM_SHIM_HOOKS_DARWIN_THIS_THREAD_H_

#include <pthread.h>

#include "shim/hooks/thread_state.h"

namespace memshim::hooks {

extern bool g_has_states;  // set once, when the key is there
extern pthread_key_t g_state_key;
extern ThreadState g_shut_state;

// Gives threads states from here on. `on_end` runs in the last round of a thread's destructors.
// False: there is no key left.
bool PrepareThreadStates(void (*on_end)());

// In a forked child: no other thread holds anything of this any more.
void RenewThreadStates();

// The first look of a thread.
ThreadState& MakeThreadState();

inline ThreadState& ThisThread() {
  if (!g_has_states) [[unlikely]]
    return g_shut_state;
  void* state = pthread_getspecific(g_state_key);
  return state != nullptr ? *static_cast<ThreadState*>(state) : MakeThreadState();
}

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_DARWIN_THIS_THREAD_H_
