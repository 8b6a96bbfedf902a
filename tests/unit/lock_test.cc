// The lock of the hooks, and the one that a fork may find held.
#include "shim/base/lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "shim/base/memory.h"

namespace memshim::base {
namespace {

TEST(LockTest, KeepsOthersOut) {
  Lock lock;
  uint64_t sum = 0;
  std::vector<std::thread> threads;
  std::atomic<int> in_vain = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200000; ++n) {
        LockScope scope(lock);
        if (scope.ok()) {
          sum += 1;
        } else {
          in_vain += 1;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sum, 800000u);
  EXPECT_EQ(in_vain, 0);
}

// Else a program whose thread has left a hook by siglongjmp hangs, two seconds at every event. A
// test that waits each time ends after an hour.
TEST(LockTest, NobodyWaitsTwiceForAnOwnerThatIsGone) {
  Lock lock;
  ASSERT_TRUE(lock.Acquire());
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 600; ++n) EXPECT_FALSE(lock.Acquire());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(lock.TryAcquire());
}

TEST(LockTest, AnOwnerThatComesBackAfterAllGivesItBack) {
  for (const bool calls : {true, false}) {
    Lock lock;
    ASSERT_TRUE(lock.Acquire());
    EXPECT_FALSE(lock.Acquire());
    EXPECT_FALSE(lock.Acquire());
    if (calls) {
      lock.Release();
    } else {
      lock.ReleaseWithoutCall();
    }
    EXPECT_TRUE(lock.Acquire());
    EXPECT_FALSE(lock.TryAcquire());
    lock.Release();
    EXPECT_TRUE(lock.TryAcquire());
  }
}

// By Ctrl-Z, a debugger, a frozen container: the clock goes on. The owner is back as soon as who
// waits.
TEST(LockTest, AStoppedProcessHasNotWaited) {
  Lock lock;
  const pid_t child = fork();
  if (child == 0) {
    if (!lock.Acquire()) _exit(2);
    std::thread owner([&] {
      usleep(500000);
      usleep(100000);  // and some work behind the stop
      lock.Release();
    });
    const bool is_taken = lock.Acquire();
    owner.join();
    _exit(is_taken ? 0 : 1);
  }
  usleep(200000);
  kill(child, SIGSTOP);
  usleep(2300000);
  kill(child, SIGCONT);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// A thread maps and unmaps all the time; a child of another one maps, too. The list of mappings is
// in ordinary memory, so is its lock, which is held while the list is looked through: with a long
// list, in many children. Such a one would wait for two seconds, and go without the list.
TEST(MemoryTest, AChildDoesNotWaitForAThreadOfItsParent) {
  std::vector<void*> mapped(2000);
  for (void*& at : mapped) at = MapPrivate(1);
  std::atomic<bool> is_over = false;
  std::thread mapping([&] {
    while (!is_over) UnmapPrivate(MapPrivate(1), 1);
  });
  int good = 0;
  constexpr int kChildren = 300;
  for (int i = 0; i < kChildren && good == i; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      RenewAfterFork();
      _exit(MapPrivate(1) != nullptr && KeepPrivateOnFork(true) ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  is_over = true;
  mapping.join();
  EXPECT_EQ(good, kChildren);
  for (void* at : mapped) UnmapPrivate(at, 1);
}

}  // namespace
}  // namespace memshim::base
