// See darwin/thread_number.h.
#include "thread_number.h"

namespace memshim::record {

pthread_key_t g_thread_number_key;

bool PrepareThreadNumber() { return pthread_key_create(&g_thread_number_key, nullptr) == 0; }

}  // namespace memshim::record
