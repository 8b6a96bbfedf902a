// Learns when a thread ends, so that its slot can serve the next one.
// Context: start (Prepare), hook (Note). Locks: none. Allocates: no.
#ifndef MEMSHIM_SHIM_HOOKS_THREAD_END_H_
#define MEMSHIM_SHIM_HOOKS_THREAD_END_H_

namespace memshim::hooks {

// Registers `on_end`, which runs in the last round of a thread's destructors.
void PrepareThreadEnd(void (*on_end)());

// Asks for the calling thread's end to be told. Does nothing before PrepareThreadEnd.
void NoteThread();

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_THREAD_END_H_
