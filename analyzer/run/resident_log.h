// The resident set of a process over time, kept in its ledger: memshim run writes it there from
// outside, so that whoever finishes the ledger has it.
#ifndef MEMSHIM_ANALYZER_RUN_RESIDENT_LOG_H_
#define MEMSHIM_ANALYZER_RUN_RESIDENT_LOG_H_

#include <cstdint>
#include <vector>

#include "shim/ledger/format.h"

namespace memshim::analyzer::run {

// Bytes of memory that a process has now; 0 when there is none. With memshim's own.
uint64_t ReadResident(int pid);

class ResidentLog {
 public:
  // `fd`: the ledger, open for writing while the object is in use.
  explicit ResidentLog(int fd) : fd_(fd) {}

  // Adds a sample unless it comes too soon after the last one. When there is no room every second
  // one goes and the distance doubles. A full disk loses samples, nothing else.
  void Add(uint64_t monotonic_ns, uint64_t bytes);

 private:
  void Write(size_t from);

  int fd_;
  uint64_t distance_ns_ = 10'000'000;
  std::vector<memshim::ledger::ResidentSample> samples_;
};

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_RESIDENT_LOG_H_
