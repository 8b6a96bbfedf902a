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

// What a thread is at, and while it records, the stack pointer of the hook that does. In one word:
// a signal handler of the same thread that comes between two stores would judge by the stack
// pointer of an earlier event.
struct Activity {
  static constexpr uintptr_t kBusyBits = 7;
  volatile uintptr_t word;  // a Busy and a stack pointer; volatile: handlers look at it

  operator Busy() const { return static_cast<Busy>(word & kBusyBits); }  // NOLINT: it is one
  // The same event goes on, or is over.
  void operator=(Busy busy) {
    word = (busy == Busy::kNo ? 0 : word & ~kBusyBits) | static_cast<uintptr_t>(busy);
  }
  void BeginRecording(uintptr_t stack_pointer) {
    word = (stack_pointer & ~kBusyBits) | static_cast<uintptr_t>(Busy::kRecording);
  }
  uintptr_t stack_pointer() const { return word & ~kBusyBits; }
};
static_assert(static_cast<uintptr_t>(Busy::kShut) <= Activity::kBusyBits);

struct ThreadState {
  ThreadSlot* slot;
  uint32_t incarnation;  // in which `slot` was given
  bool is_ending;        // its destructors have run: the slot may not be kept any longer
  uint16_t real_calls;   // under kRealCall, one inside the other; 0 elsewhere
  Activity busy;
};

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_THREAD_STATE_H_
