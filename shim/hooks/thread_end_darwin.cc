// See thread_end.h. A thread's state knows of its end (this_thread_darwin.cc), once it has one.
#include "shim/hooks/thread_end.h"
#include "this_thread.h"

namespace memshim::hooks {

void PrepareThreadEnd(void (*on_end)()) { PrepareThreadStates(on_end); }

void NoteThread() {}

}  // namespace memshim::hooks
