// A lock for hooks: spins briefly, then sleeps in the kernel, and gives up after two seconds.
//
// Why it may give up: the owner can be gone for good (a signal handler that jumped out of a hook,
// a thread killed in the middle). Losing one event, counted, is better than hanging the program.
// Once somebody has waited in vain, nobody waits for it any more until it is given back: two
// seconds for every later event would be as good as hanging.
// Zero-filled memory is an unlocked lock, so locks in fork-wiped memory need no reset.
// Context: hook. Allocates: no. Signals: guarded (a handler's calls pass the recorder by).
#ifndef MEMSHIM_SHIM_BASE_LOCK_H_
#define MEMSHIM_SHIM_BASE_LOCK_H_

#include <atomic>

#include "system_calls.h"

namespace memshim::base {

class Lock {
 public:
  // True when the lock was taken; false when its owner has kept it for two seconds.
  bool Acquire() {
    uint32_t free = kFree;
    // acquire: pairs with the release in Release(), as every exchange below.
    if (word_.compare_exchange_strong(free, kHeld, std::memory_order_acquire)) return true;
    return AcquireSlow();
  }
  bool TryAcquire() {
    uint32_t free = kFree;
    return word_.compare_exchange_strong(free, kHeld, std::memory_order_acquire);
  }
  void Release() {
    if (word_.exchange(kFree, std::memory_order_release) == kContended) {
      SysFutexWake(Word(), 1);
    }
  }
  // Where a system call may end the process: who waits looks again after kWaitNanoseconds.
  void ReleaseWithoutCall() { word_.store(kFree, std::memory_order_release); }

 private:
  static constexpr uint32_t kFree = 0, kHeld = 1, kContended = 2;
  static constexpr uint32_t kAbandoned = 3;  // held, and waited for in vain
  static constexpr int kSpins = 100;
  static constexpr uint64_t kWaitNanoseconds = 50000000;  // a lost wake-up costs at most this
  static constexpr uint64_t kPatienceNanoseconds = 2000000000;

  uint32_t* Word() { return reinterpret_cast<uint32_t*>(&word_); }

  __attribute__((noinline)) bool AcquireSlow() {
    for (int i = 0; i < kSpins; ++i) {
      if (TryAcquire()) return true;
      CpuRelax();
    }
    const struct timespec timeout = {0, static_cast<long>(kWaitNanoseconds)};
    uint64_t waited = 0;
    for (uint64_t before = ClockNanoseconds(CLOCK_MONOTONIC); waited < kPatienceNanoseconds;) {
      uint32_t seen = word_.load(std::memory_order_relaxed);
      if (seen == kAbandoned) return false;
      if (!word_.compare_exchange_weak(seen, kContended, std::memory_order_acquire)) continue;
      if (seen == kFree) return true;
      SysFutexWait(Word(), kContended, &timeout);
      // What is beyond a wait's time this thread, and mostly its owner, too, did not run: the
      // process was stopped, or others had the processors.
      const uint64_t now = ClockNanoseconds(CLOCK_MONOTONIC);
      waited += now - before < kWaitNanoseconds ? now - before : kWaitNanoseconds;
      before = now;
    }
    uint32_t waited_for = kContended;
    word_.compare_exchange_strong(waited_for, kAbandoned, std::memory_order_relaxed);
    return waited_for == kFree && TryAcquire();
  }

  std::atomic<uint32_t> word_{kFree};
};

// Holds a lock for a scope; ok() says whether it was taken.
class LockScope {
 public:
  explicit LockScope(Lock& lock) : lock_(lock), ok_(lock.Acquire()) {}
  ~LockScope() {
    if (ok_) lock_.Release();
  }
  LockScope(const LockScope&) = delete;
  LockScope& operator=(const LockScope&) = delete;
  bool ok() const { return ok_; }

 private:
  Lock& lock_;
  const bool ok_;
};

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_LOCK_H_
