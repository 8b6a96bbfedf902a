// See file_size_limit.h.
#include "analyzer/finish/file_size_limit.h"

#include <signal.h>
#include <sys/resource.h>

namespace memshim::analyzer::finish {

void LiftFileSizeLimit() {
  struct rlimit limit;
  signal(SIGXFSZ, SIG_IGN);
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace memshim::analyzer::finish
