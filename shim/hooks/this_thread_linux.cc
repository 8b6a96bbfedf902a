// See linux/this_thread.h.
#include "this_thread.h"

namespace memshim::hooks {

MEMSHIM_TLS ThreadState t_state;

}  // namespace memshim::hooks
