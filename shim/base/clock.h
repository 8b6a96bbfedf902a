// Time for lifetimes: ticks since the start of recording.
//
// A tick is a power of two of an invariant cycle counter's cycles (0.25 to 0.5 us), or, where there
// is none, one microsecond of CLOCK_MONOTONIC_COARSE. Sums of ticks over all blocks of a long run
// fit 64 bits; cycles would not (10 million blocks that live 10 minutes).
// Readers convert with the (ticks, monotonic time) pairs of the timeline.
// Context: hook. Locks: none. Allocates: no. Signals: safe.
#ifndef MEMSHIM_SHIM_BASE_CLOCK_H_
#define MEMSHIM_SHIM_BASE_CLOCK_H_

#include "system_calls.h"

namespace memshim::base {

class Clock {
 public:
  void Start() {
    is_cycle_counter_ = counter_.Start();
    start_ = Read();
  }
  // Ticks since Start(). Never goes below zero; may step back by a tick between cores.
  uint64_t Now() const {
    const uint64_t now = Read();
    return now > start_ ? now - start_ : 0;
  }
  bool is_cycle_counter() const { return is_cycle_counter_; }

 private:
  uint64_t Read() const {
    if (is_cycle_counter_) [[likely]]
      return counter_.Ticks();
    return CoarseNanoseconds() / 1000;
  }

  uint64_t start_ = 0;
  bool is_cycle_counter_ = false;
  CycleCounter counter_;
};

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_CLOCK_H_
