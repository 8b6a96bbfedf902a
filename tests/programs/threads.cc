// Eight threads with a known truth of blocks and bytes, in blocks that change hands.
//
// Each of 8 threads makes 20000 blocks of 32..287 bytes at one of three call sites, hands every
// fourth to its neighbour (freed there) and keeps 100 of 1000 bytes to the end. The truth, printed:
//   worker blocks 8 * (20000 + 100) = 160800, bytes as computed, at the end 800 blocks 800000
//   bytes.
// The three functions named Site* and KeepBlock are where all of it is made; whatever libstdc++ and
// libpthread allocate for themselves lies elsewhere, so a test sums the points below these.
#include <array>
#include <atomic>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

constexpr int kThreads = 8;
constexpr int kBlocks = 20000;
constexpr int kKept = 100;

// One mailbox a thread: a neighbour puts a block in, the owner frees it.
std::array<std::atomic<void*>, kThreads> mailboxes;

[[gnu::noipa]] void* SiteA(size_t size) { return std::malloc(size); }
[[gnu::noipa]] void* SiteB(size_t size) { return std::calloc(1, size); }
[[gnu::noipa]] void* SiteC(size_t size) { return ::operator new(size); }
[[gnu::noipa]] void* KeepBlock() { return std::malloc(1000); }

uint64_t SizeOf(int thread, int block) {
  return 32 + static_cast<uint64_t>(block * 7 + thread * 13) % 256;
}

void Work(int thread) {
  for (int i = 0; i < kBlocks; ++i) {
    const size_t size = SizeOf(thread, i);
    void* block = i % 3 == 0 ? SiteA(size) : i % 3 == 1 ? SiteB(size) : SiteC(size);
    // SiteC's blocks stay in this thread: they belong to operator delete.
    if (i % 3 == 2) {
      ::operator delete(block);
      continue;
    }
    if (i % 4 == 0) block = mailboxes[(thread + 1) % kThreads].exchange(block);
    std::free(block);
    if (i % 64 == 0) std::free(mailboxes[thread].exchange(nullptr));
  }
  static std::atomic<void*> sink;
  for (int i = 0; i < kKept; ++i) sink.store(KeepBlock());
}

}  // namespace

int main() {
  std::array<std::thread, kThreads> workers;
  for (int i = 0; i < kThreads; ++i) workers[i] = std::thread(Work, i);
  for (std::thread& worker : workers) worker.join();
  for (std::atomic<void*>& mailbox : mailboxes) std::free(mailbox.exchange(nullptr));

  uint64_t bytes = static_cast<uint64_t>(kThreads) * kKept * 1000;
  for (int thread = 0; thread < kThreads; ++thread) {
    for (int i = 0; i < kBlocks; ++i) bytes += SizeOf(thread, i);
  }
  std::printf("blocks %d bytes %" PRIu64 " end_blocks %d end_bytes %d\n",
              kThreads * (kBlocks + kKept), bytes, kThreads * kKept, kThreads * kKept * 1000);
}
