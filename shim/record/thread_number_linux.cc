// See linux/thread_number.h.
#include "thread_number.h"

namespace memshim::record {

MEMSHIM_TLS uint32_t t_thread;

}  // namespace memshim::record
