// Threads whose truth is known, so that the bounds docs/semantics.md states can be checked.
//
//   bounds lockstep        rounds between barriers; two rounds have the same largest sum, the later
//   counts bounds storm THREADS SEED   each thread allocates and frees as it likes, first more,
//   then less
//
// Prints a line for each call site:
//   SITE tb tbk gb eb ebk mb       (gb: lockstep only, else 0; mb: the largest the site can have
//   held)
// and of a storm "peak LOW HIGH": what was certainly, and what was possibly live at once.
//
// Own<i>'s blocks are freed by the thread that made them, Given<i>'s by its neighbour; all threads
// call Shared. i is the thread's number modulo 4. Nothing else is allocated while the threads run.
#include <pthread.h>

#include <array>
#include <atomic>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// With C linkage: their names stand alone in a profile.
#define SITE(name)                                                                \
  extern "C" [[gnu::noipa]] void* name(size_t size) { return std::malloc(size); } \
  static_assert(true)
SITE(Own0);
SITE(Own1);
SITE(Own2);
SITE(Own3);
SITE(Given0);
SITE(Given1);
SITE(Given2);
SITE(Given3);
SITE(Shared);

namespace {
constexpr int kSites = 9, kMostThreads = 96, kMostBlocks = 512, kLargest = 2000;

using Site = void* (*)(size_t);
constexpr std::array<Site, kSites> kSite = {Own0,   Own1,   Own2,   Own3,  Given0,
                                            Given1, Given2, Given3, Shared};
constexpr std::array<const char*, kSites> kName = {"Own0",   "Own1",   "Own2",   "Own3",  "Given0",
                                                   "Given1", "Given2", "Given3", "Shared"};

// Live bytes as the program sees them: low while an event is under way, or high.
struct Live {
  std::atomic<int64_t> low{0}, high{0}, most_low{0}, most_high{0};

  static void Raise(std::atomic<int64_t>& most, int64_t value) {
    int64_t old = most.load();
    while (value > old && !most.compare_exchange_weak(old, value)) {
    }
  }
  void BeforeAllocate(int64_t size) { Raise(most_high, high.fetch_add(size) + size); }
  void AfterAllocate(int64_t size) { Raise(most_low, low.fetch_add(size) + size); }
  void BeforeFree(int64_t size) { low.fetch_sub(size); }
  void AfterFree(int64_t size) { high.fetch_sub(size); }
};

struct Truth {
  std::atomic<uint64_t> bytes{0}, blocks{0};
  Live live;
  int64_t at_peak = 0;
};
std::array<Truth, kSites> truth;
Live all;

struct Block {
  void* address;
  int site;
  int64_t size;
};

Block Allocate(int site, int64_t size) {
  Truth& of_site = truth[static_cast<size_t>(site)];
  of_site.bytes += static_cast<uint64_t>(size);
  of_site.blocks += 1;
  of_site.live.BeforeAllocate(size);
  all.BeforeAllocate(size);
  void* address = kSite[static_cast<size_t>(site)](static_cast<size_t>(size));
  all.AfterAllocate(size);
  of_site.live.AfterAllocate(size);
  return {address, site, size};
}

void Free(Block& block) {
  if (block.address == nullptr) return;
  Live& of_site = truth[static_cast<size_t>(block.site)].live;
  of_site.BeforeFree(block.size);
  all.BeforeFree(block.size);
  std::free(block.address);
  all.AfterFree(block.size);
  of_site.AfterFree(block.size);
  block.address = nullptr;
}

struct Thread {
  pthread_t handle;
  int number;
  uint64_t random;
  std::array<Block, kMostBlocks> blocks;
  int count = 0;
  Block mail;  // of the thread before; this one frees it
  std::atomic<bool> has_mail{false};
};
std::array<Thread, kMostThreads> threads;
int thread_count;
pthread_barrier_t barrier;

uint32_t Below(Thread& thread, uint32_t end) {
  thread.random = thread.random * 6364136223846793005u + 1442695040888963407u;
  return static_cast<uint32_t>(thread.random >> 33) % end;
}

constexpr int kRounds = 60, kFirstTop = 25, kLastTop = 40;

// Blocks of thread `number` in `round`: in the two top rounds 100 in sum, differently divided.
int CountOf(int number, int round) {
  if (round == kFirstTop) return 10 * (number + 1);
  if (round == kLastTop) return 10 * (4 - number);
  return (round * 7 + number * 5) % 24;
}

void* Lockstep(void* argument) {
  Thread& self = *static_cast<Thread*>(argument);
  Thread& next = threads[static_cast<size_t>((self.number + 1) % thread_count)];
  for (int round = 0; round < kRounds; ++round) {
    const int count = CountOf(self.number, round);
    for (int i = 0; i < count; ++i) {
      for (int site : {self.number, 4 + self.number, 8}) {
        self.blocks[static_cast<size_t>(self.count++)] = Allocate(site, 100);
      }
    }
    pthread_barrier_wait(&barrier);
    if (round == kLastTop && self.number == 0) {
      for (Truth& site : truth) site.at_peak = site.live.low.load();
    }
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < next.count; ++i) {
      if (next.blocks[static_cast<size_t>(i)].site >= 4) {
        Free(next.blocks[static_cast<size_t>(i)]);
      }
    }
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < self.count; ++i) Free(self.blocks[static_cast<size_t>(i)]);
    self.count = 0;
    pthread_barrier_wait(&barrier);
  }
  Allocate(self.number, 77);  // never freed
  return nullptr;
}

void* Storm(void* argument) {
  Thread& self = *static_cast<Thread*>(argument);
  Thread& next = threads[static_cast<size_t>((self.number + 1) % thread_count)];
  const int events = 240000 / thread_count;
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < events; ++i) {
    // The number of blocks that is aimed at rises to its most and falls again.
    const int wanted = (i < events / 2 ? i : events - i) * (kMostBlocks - 40) / (events / 2) + 20;
    if (self.count < wanted && self.count < kMostBlocks) {
      const int site = std::array<int, 3>{self.number % 4, 4 + self.number % 4, 8}[Below(self, 3)];
      const Block block = Allocate(site, Below(self, kLargest) + 1);
      if (site < 4 || next.has_mail.load()) {
        self.blocks[static_cast<size_t>(self.count++)] = block;
      } else {
        next.mail = block;
        next.has_mail.store(true);
      }
    } else if (self.count > 0) {
      const uint32_t which = Below(self, static_cast<uint32_t>(self.count));
      Free(self.blocks[which]);
      self.blocks[which] = self.blocks[static_cast<size_t>(--self.count)];
    }
    if (self.has_mail.load()) {
      Free(self.mail);
      self.has_mail.store(false);
    }
  }
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_storm = argc == 4 && std::strcmp(argv[1], "storm") == 0;
  if (!is_storm && argc != 2) return 2;
  thread_count = is_storm ? std::atoi(argv[2]) : 4;
  pthread_barrier_init(&barrier, nullptr, static_cast<unsigned>(thread_count));
  for (int i = 0; i < thread_count; ++i) {
    Thread& thread = threads[static_cast<size_t>(i)];
    thread.number = i;
    thread.random =
        is_storm ? std::strtoull(argv[3], nullptr, 10) * 1000 + static_cast<uint64_t>(i) : 0;
    pthread_create(&thread.handle, nullptr, is_storm ? Storm : Lockstep, &thread);
  }
  for (int i = 0; i < thread_count; ++i) {
    pthread_join(threads[static_cast<size_t>(i)].handle, nullptr);
  }
  for (size_t i = 0; i < kSites; ++i) {
    const Truth& site = truth[i];
    std::printf("%s %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", kName[i],
                site.bytes.load(), site.blocks.load(), site.at_peak, site.live.low.load(),
                site.live.most_high.load());
  }
  std::printf("peak %" PRId64 " %" PRId64 "\n", all.most_low.load(), all.most_high.load());
}
