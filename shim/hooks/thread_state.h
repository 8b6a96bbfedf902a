// What the hooks know of a thread.
#ifndef MEMSHIM_SHIM_HOOKS_THREAD_STATE_H_
#define MEMSHIM_SHIM_HOOKS_THREAD_STATE_H_

#include <cstdint>

namespace memshim::hooks {

struct ThreadSlot;

enum class Busy : uint8_t {
  kNo,
  kRecording,  // events meanwhile come from a signal handler: counted as lost
  kOwnWork,    // events meanwhile are the dynamic linker's on our behalf: known, not counted
  kRealCall,   // events meanwhile belong to the call that is being made: passed by, but for those
               // of the program's own code (signal handlers, std::set_new_handler)
  kShut,       // events pass by: the thread has no state of its own yet, or no longer
};

struct ThreadState {
  ThreadSlot* slot;
  uint32_t incarnation;     // in which `slot` was given
  volatile Busy busy;       // volatile: signal handlers of the same thread look at it
  bool is_ending;           // its destructors have run: the slot may not be kept any longer
  uint16_t real_calls;      // under kRealCall, one inside the other; 0 elsewhere
  uintptr_t stack_pointer;  // of the hook whose event was opened last
};

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_THREAD_STATE_H_
