// Allocates from wherever a stack is hard to take; see the files beside this one. Deterministic:
//
//   torture [seed]
//
// prints one line, the blocks and bytes made by torture::Allocate and a sum over them, the same in
// every run of one seed. Which instruction an asynchronous signal interrupts is the only chance in
// it: stacks with OnAsynchronous in them differ from run to run, their number does not.
#include "torture.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <thread>

namespace torture {
namespace {

constexpr int kWorkers = 3;  // besides the main thread
constexpr int kRounds = 80;
constexpr uint32_t kPaths = 24;  // a round is on one of so many: stacks come again

std::atomic<uint64_t> g_blocks{0}, g_bytes{0}, g_sum{0};

// Lives longest of all: prints what was counted when nothing is left that could allocate.
struct Report {
  Random random{1};
  Report() { Allocate(random); }
  ~Report() {
    Allocate(random);
    char line[128];
    const int length = std::snprintf(line, sizeof(line), "blocks %llu bytes %llu sum %llx\n",
                                     static_cast<unsigned long long>(g_blocks),
                                     static_cast<unsigned long long>(g_bytes),
                                     static_cast<unsigned long long>(g_sum));
    if (write(1, line, static_cast<size_t>(length)) < 0) _exit(1);
  }
};
[[gnu::init_priority(101)]] Report g_report;

struct Static {
  Random random{2};
  Static() { Descend(random, random, 5, Way::kAny, Allocate); }
  ~Static() { Descend(random, random, 6, Way::kAny, Allocate); }
} g_static;

void AtExit() {
  Random random{3};
  Allocate(random);
}

// The last blocks of the thread; they live until another one takes their place, or to the end.
struct Block {
  void* address;
  bool is_new;
};
constexpr uint32_t kPool = 64;
thread_local std::array<Block, kPool> pool;

// Not inlined: the compiler would take the two kinds of block for one another and warn.
KEEP void Release(Block& block) {
  if (block.is_new) {
    ::operator delete(block.address);
  } else {
    std::free(block.address);
  }
  block = {};
}

struct Worker {
  pthread_t thread;
  Random random;
};
std::array<Worker, kWorkers> g_workers;
std::atomic<int> g_running{kWorkers};
std::atomic<bool> g_stop{false};

void Run(Random& random, bool is_main) {
  UseAlternateStack();
  for (int round = 0; round < kRounds; ++round) {
    const Random path{random.Below(kPaths) + 1};
    for (const auto scenario :
         {Recursion, Callbacks, TailCalls, Exceptions, Jumps, Coroutines, Signals, Faults}) {
      scenario(path, random);
    }
    if (round % 8 == 0) Threads(path, random);
    if (round % 8 == 0) Interruptions(10, random);
    if (is_main && round % 4 == 0) Plugins(path, random);
  }
}

void* WorkerMain(void* worker) {
  Random& random = static_cast<Worker*>(worker)->random;
  Allocate(random);
  Run(random, false);
  g_running.fetch_sub(1);
  return nullptr;
}

// Keeps interrupting the workers and the main thread.
void* SignallerMain(void* main_thread) {
  while (!g_stop.load()) {
    for (int number : {SIGURG, SIGIO}) {
      for (const Worker& worker : g_workers) pthread_kill(worker.thread, number);
      pthread_kill(*static_cast<pthread_t*>(main_thread), number);
      usleep(20);
    }
  }
  return nullptr;
}

void Main(uint64_t seed) {
  InstallHandlers();
  atexit(AtExit);
  sigset_t asynchronous;
  sigemptyset(&asynchronous);
  for (int number : {SIGURG, SIGIO, SIGALRM}) sigaddset(&asynchronous, number);
  for (size_t i = 0; i < kWorkers; ++i) {
    g_workers[i].random = Random{seed + i + 1};
    pthread_create(&g_workers[i].thread, nullptr, WorkerMain, &g_workers[i]);
  }
  pthread_t self = pthread_self(), signaller;
  pthread_sigmask(SIG_BLOCK, &asynchronous, nullptr);
  pthread_create(&signaller, nullptr, SignallerMain, &self);
  pthread_sigmask(SIG_UNBLOCK, &asynchronous, nullptr);
  const itimerval often = {{0, 700}, {0, 700}}, never = {};
  setitimer(ITIMER_REAL, &often, nullptr);
  Random random{seed};
  Run(random, true);
  while (g_running.load() > 0) usleep(1000);
  setitimer(ITIMER_REAL, &never, nullptr);
  g_stop.store(true);
  pthread_join(signaller, nullptr);
  for (const Worker& worker : g_workers) pthread_join(worker.thread, nullptr);
}

}  // namespace

KEEP void Allocate(Random& random) {
  const size_t size = random.Below(2000) + 1;
  Block& block = pool[random.Below(kPool)];
  const uint32_t function = random.Below(6);
  if (function == 0 && block.address != nullptr && !block.is_new) {
    block.address = std::realloc(block.address, size);
  } else {
    Release(block);
    block.is_new = function == 1;
    block.address = function == 1   ? ::operator new(size)
                    : function == 2 ? std::calloc(1, size)
                    : function == 3 ? std::aligned_alloc(64, size)
                    : function == 4 ? std::realloc(nullptr, size)
                                    : std::malloc(size);
  }
  g_blocks.fetch_add(1, std::memory_order_relaxed);
  g_bytes.fetch_add(size, std::memory_order_relaxed);
  Random mixed{size * 8 + function};
  g_sum.fetch_add(mixed.Next(), std::memory_order_relaxed);
}

}  // namespace torture

int main(int argc, char** argv) {
  torture::Main(argc > 1 ? strtoull(argv[1], nullptr, 10) : 1);
  return 0;
}
