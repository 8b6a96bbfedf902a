// Whether the process has one thread, for sure: then figures that all threads share need no atomic
// changes, which cost several times as much.
//
// The C library says so (__libc_single_threaded, glibc 2.32): it takes it back before a second
// thread begins. Where it says nothing (macOS, too), there may be several.
// Context: hook. Signals: safe.
#ifndef MEMSHIM_SHIM_BASE_SINGLE_THREADED_H_
#define MEMSHIM_SHIM_BASE_SINGLE_THREADED_H_

namespace memshim::base {

inline constexpr char kMayHaveThreads = 0;
// Set at start where the C library says so.
inline constinit const char* g_single_threaded = &kMayHaveThreads;

// A second thread has shown itself, whatever libc says (raw clone, another copy of libc).
inline void NoteSecondThread() {
  __atomic_store_n(&g_single_threaded, &kMayHaveThreads, __ATOMIC_RELAXED);
}

inline bool IsSingleThreaded() {
  // relaxed: it changes only while this thread makes or joins another.
  return __atomic_load_n(__atomic_load_n(&g_single_threaded, __ATOMIC_RELAXED), __ATOMIC_RELAXED) !=
         0;
}

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_SINGLE_THREADED_H_
