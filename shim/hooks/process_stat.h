// What the system says of another process.
// Context: start. Locks: none. Allocates: no.
#ifndef MEMSHIM_SHIM_HOOKS_PROCESS_STAT_H_
#define MEMSHIM_SHIM_HOOKS_PROCESS_STAT_H_

#include <cstdint>

namespace memshim::hooks {

struct ProcessStat {
  int parent;
  uint64_t start_ns;  // on the clock of base::BoottimeNanoseconds, or a little earlier
};

// False: there is none, or it may not be asked about.
bool ReadStat(int pid, ProcessStat* result);

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_PROCESS_STAT_H_
