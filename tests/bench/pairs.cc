// Small programs of one habit each, for the benchmark: what a pair of malloc and free costs.
//
//   pairs HABIT DEPTH [PAIRS]
//
//   loop     one call site at DEPTH
//   walk     up and down a tree of calls around DEPTH: 256 call sites in 16 functions, one step
//            an allocation, 16 walks that come again
//   cpp      std::map and std::string in a recursion to DEPTH
//   live     DEPTH blocks that live, a random one replaced each time; making them does not count
//   threads  `cpp` 20 in DEPTH threads at once
//   hand     one thread allocates, another frees
//
// Prints the CPU nanoseconds of a pair (all threads' together), without the start of the program.
#include <pthread.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

#define KEEP __attribute__((noinline, noclone))

// Keeps a call a call, and a block from being optimized away.
template <typename T>
void Use(T&& value) {
  __asm__ volatile("" : : "g"(value) : "memory");
}

double CpuNanoseconds() {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

// When the pairs began that count.
double g_before;

uint64_t Next(uint64_t* random) {
  *random ^= *random << 13;
  *random ^= *random >> 7;
  *random ^= *random << 17;
  return *random;
}

KEEP void Loop(int depth, uint64_t pairs) {
  if (depth > 1) {
    Loop(depth - 1, pairs);
    Use(depth);
    return;
  }
  for (uint64_t i = 0; i < pairs; ++i) {
    void* block = malloc(64);
    Use(block);
    free(block);
  }
}

// One walk: `steps` to go, a depth that may not be left by more than a half.
struct Walker {
  uint64_t random;
  uint64_t steps;
  int depth, lowest, highest;
};

template <int kFunction>
KEEP void Walk(Walker* walker);

// 16 call sites, one for each function.
template <int kFunction>
void Descend(Walker* walker, unsigned site) {
  switch (site) {
// clang-format off
#define SITE(n) case n: Walk<(kFunction + n) % 16>(walker); Use(n); break;
    SITE(0) SITE(1) SITE(2) SITE(3) SITE(4) SITE(5) SITE(6) SITE(7)
    SITE(8) SITE(9) SITE(10) SITE(11) SITE(12) SITE(13) SITE(14) SITE(15)
#undef SITE
    // clang-format on
  }
}

template <int kFunction>
KEEP void Walk(Walker* walker) {
  ++walker->depth;
  while (walker->steps > 0) {
    const uint64_t choice = Next(&walker->random) >> 20;
    const bool may_return = walker->depth > walker->lowest;
    const bool may_descend = walker->depth < walker->highest;
    if (may_return && (!may_descend || (choice & 1) != 0)) break;
    --walker->steps;
    void* block = malloc(32 + (choice & 63));
    Use(block);
    free(block);
    Descend<kFunction>(walker, choice >> 8 & 15);
  }
  --walker->depth;
}

void Walks(int depth, uint64_t pairs) {
  constexpr uint64_t kSteps = 5000;
  for (uint64_t done = 0, turn = 0; done < pairs; done += kSteps, ++turn) {
    Walker walker = {0x9e3779b97f4a7c15ull * (turn % 16 + 1), kSteps, 0, depth / 2, depth * 3 / 2};
    while (walker.steps > 0) Walk<0>(&walker);
  }
}

KEEP void Containers(int depth, uint64_t rounds) {
  if (depth > 1) {
    Containers(depth - 1, rounds);
    Use(depth);
    return;
  }
  for (uint64_t i = 0; i < rounds; ++i) {
    std::map<std::string, std::string> map;
    for (int j = 0; j < 4; ++j) {
      map["a key that does not fit " + std::to_string(j)] = std::string(40, 'x');
    }
    Use(map);
  }
}
constexpr uint64_t kPairsOfARound = 12;

// 85 bytes on average. The blocks are left to the end of the program.
void Live(uint64_t blocks, uint64_t pairs) {
  std::vector<void*> live(blocks);
  uint64_t random = 1;
  const auto allocate = [&random] { return malloc(22 + (Next(&random) >> 40 & 127)); };
  for (void*& block : live) block = allocate();
  g_before = CpuNanoseconds();
  for (uint64_t i = 0; i < pairs; ++i) {
    void*& block = live[Next(&random) % blocks];
    free(block);
    block = allocate();
  }
}

void Threads(int count, uint64_t pairs) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([=] { Containers(20, pairs / kPairsOfARound / count); });
  }
  for (std::thread& thread : threads) thread.join();
}

// Blocks go through a ring of slots.
void Hand(uint64_t pairs) {
  constexpr uint64_t kSlots = 1024;
  static std::atomic<void*> ring[kSlots];
  std::thread taker([=] {
    for (uint64_t i = 0; i < pairs; ++i) {
      void* block;
      while ((block = ring[i % kSlots].exchange(nullptr, std::memory_order_acquire)) == nullptr) {
        std::this_thread::yield();
      }
      free(block);
    }
  });
  for (uint64_t i = 0; i < pairs; ++i) {
    void* block = malloc(64);
    while (ring[i % kSlots].load(std::memory_order_relaxed) != nullptr) std::this_thread::yield();
    ring[i % kSlots].store(block, std::memory_order_release);
  }
  taker.join();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string habit = argv[1];
  const int depth = atoi(argv[2]);
  const uint64_t pairs = argc > 3 ? strtoull(argv[3], nullptr, 10) : 5000000;
  g_before = CpuNanoseconds();
  if (habit == "loop") {
    Loop(depth, pairs);
  } else if (habit == "walk") {
    Walks(depth, pairs);
  } else if (habit == "cpp") {
    Containers(depth, pairs / kPairsOfARound);
  } else if (habit == "live") {
    Live(static_cast<uint64_t>(depth), pairs);
  } else if (habit == "threads") {
    Threads(depth, pairs);
  } else if (habit == "hand") {
    Hand(pairs);
  } else {
    return 2;
  }
  printf("%.2f\n", (CpuNanoseconds() - g_before) / static_cast<double>(pairs));
  return 0;
}
