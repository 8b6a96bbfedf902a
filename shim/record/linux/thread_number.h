// The number of the calling thread, for Linux. A platform is a folder with a file of this name; the
// build puts one of them on the include path.
#ifndef MEMSHIM_SHIM_RECORD_LINUX_THREAD_NUMBER_H_
#define MEMSHIM_SHIM_RECORD_LINUX_THREAD_NUMBER_H_

#include <cstdint>

#include "shim/base/attributes.h"

namespace memshim::record {

// In this process, from 1 on; hooks set it before a thread's first event. Not a shard's: threads
// share one, and are handed others'.
extern MEMSHIM_TLS uint32_t t_thread;

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_LINUX_THREAD_NUMBER_H_
