// The number of the calling thread, for macOS, where thread-local variables are not for hooks: the
// first touch of one in a thread allocates. It is the value of a pthread key, which lies in the
// thread's own page, behind what looks like a variable.
#ifndef MEMSHIM_SHIM_RECORD_DARWIN_THREAD_NUMBER_H_
#define MEMSHIM_SHIM_RECORD_DARWIN_THREAD_NUMBER_H_

#include <pthread.h>

#include <cstdint>

namespace memshim::record {

// Makes the key. At start, once, before any event. False: there is none left.
bool PrepareThreadNumber();

extern pthread_key_t g_thread_number_key;

// In this process, from 1 on; hooks set it before a thread's first event.
class ThreadNumber {
 public:
  operator uint32_t() const {  // NOLINT(google-explicit-constructor): a number
    return static_cast<uint32_t>(
        reinterpret_cast<uintptr_t>(pthread_getspecific(g_thread_number_key)));
  }
  ThreadNumber& operator=(uint32_t number) {
    pthread_setspecific(g_thread_number_key, reinterpret_cast<void*>(uintptr_t{number}));
    return *this;
  }
};
inline ThreadNumber t_thread;

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_DARWIN_THREAD_NUMBER_H_
