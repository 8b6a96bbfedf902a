// More threads than there are shards, all at once: starting and ending, freeing each other's
// blocks, resizing, while stacks are interned and images come and go. Afterwards the ledger is
// compared with what the threads did. Built with -Db_sanitize=thread it also shows races.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "analyzer/ledger/reader.h"
#include "shim/record/recorder.h"
#include "shim/unwind/stack_trie.h"
#include "tests/unit/shim_testing.h"

namespace memshim::record {
namespace {

using ledger::AllocationFunction;

constexpr int kWaves = 3;
constexpr int kThreads = ledger::kMaxShards + 8;
constexpr int kEvents = 4000;  // of a thread
constexpr uint32_t kStacks = 300;
constexpr uint64_t kAddressesOfThread = uint64_t{1} << 32;

struct Figures {
  uint64_t total_bytes = 0, total_blocks = 0;
  int64_t live_bytes = 0, live_blocks = 0;
  uint64_t remote_blocks = 0, resizes = 0;
};
using Truth = std::array<Figures, kStacks>;

struct LiveBlock {
  uint64_t address, size;
  uint32_t stack, thread;
};

// What a thread records with, as hooks/process hands it on.
struct Slot {
  Shard* shard = nullptr;
  unwind::LastStack last{};
};

class Process {
 public:
  explicit Process(bool are_blocks_spaced)
      : ledger_(testing::MakeZeroed<ledger::Ledger>()),
        trie_(testing::MakeZeroed<unwind::StackTrie>()),
        recorder_(testing::MakeZeroed<Recorder>()),
        shards_(testing::MakeZeroed<std::array<Shard, ledger::kShardHeads>>()) {
    EXPECT_TRUE(ledger_->Create());
    EXPECT_TRUE(trie_->Start(ledger_.get(), "/none"));
    EXPECT_TRUE(
        recorder_->Start(ledger_.get(), unwind::kOutOfSpaceStack, false, are_blocks_spaced));
    ledger_->header().phase = ledger::Phase::kRecording;
  }

  Recorder& recorder() { return *recorder_; }
  unwind::StackTrie& trie() { return *trie_; }
  ledger::Ledger& ledger() { return *ledger_; }
  uint32_t shard_count() const { return shard_count_; }

  std::unique_ptr<Slot> TakeSlot() {
    base::LockScope scope(lock_);
    if (!free_.empty()) {
      std::unique_ptr<Slot> slot = std::move(free_.back());
      free_.pop_back();
      slot->shard->ForgetLastAllocation();
      return slot;
    }
    auto slot = std::make_unique<Slot>();
    const uint32_t index = std::min(shard_count_, ledger::kMaxShards);
    slot->shard = &(*shards_)[index];
    if (shard_count_ <= ledger::kMaxShards) {
      EXPECT_TRUE(recorder_->StartShard(slot->shard, index));
      ++shard_count_;
    }
    return slot;
  }
  void GiveBack(std::unique_ptr<Slot> slot) {
    base::LockScope scope(lock_);
    free_.push_back(std::move(slot));
  }

  // Stack number `n`: a few frames of a common root, some in real code.
  uint32_t Stack(Slot* slot, uint32_t n) {
    uint64_t pcs[] = {0x10000 + n, reinterpret_cast<uint64_t>(&getenv) + n % 5, 0x9000 + n % 3};
    return trie_->Intern(pcs, 3, &slot->last);
  }

 private:
  std::unique_ptr<ledger::Ledger, testing::Unmap<ledger::Ledger>> ledger_;
  std::unique_ptr<unwind::StackTrie, testing::Unmap<unwind::StackTrie>> trie_;
  std::unique_ptr<Recorder, testing::Unmap<Recorder>> recorder_;
  using Shards = std::array<Shard, ledger::kShardHeads>;
  std::unique_ptr<Shards, testing::Unmap<Shards>> shards_;
  base::Lock lock_;
  uint32_t shard_count_ = 0;
  std::vector<std::unique_ptr<Slot>> free_;
};

// Blocks that one thread allocated and another is to free.
class Mailbox {
 public:
  void Put(const LiveBlock& block) {
    const std::lock_guard<std::mutex> guard(mutex_);
    blocks_.push_back(block);
  }
  bool Take(LiveBlock* block) {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (blocks_.empty()) return false;
    *block = blocks_.back();
    blocks_.pop_back();
    return true;
  }

 private:
  std::mutex mutex_;
  std::vector<LiveBlock> blocks_;
};

class Worker {
 public:
  Worker(Process* process, Mailbox* mailbox, uint32_t number)
      : process_(process),
        mailbox_(mailbox),
        number_(number),
        random_(number),
        next_((number + 1) * kAddresses) {}

  // `waiting`: threads without a slot yet. All are there before the first of them ends.
  void Run(std::atomic<int>* waiting) {
    slot_ = process_->TakeSlot();
    t_thread = number_ + 1;
    slot_->shard->TakeFor(t_thread, false);
    // relaxed: only so that they run together; it must order nothing.
    waiting->fetch_sub(1, std::memory_order_relaxed);
    while (waiting->load(std::memory_order_relaxed) > 0) std::this_thread::yield();
    for (int i = 0; i < kEvents; ++i) Step(random_() % 100);
    process_->GiveBack(std::move(slot_));
    std::this_thread::yield();
    // As in the last destructors of a thread.
    slot_ = process_->TakeSlot();
    slot_->shard->TakeFor(t_thread, true);
    for (int i = 0; i < 100 && !blocks_.empty(); ++i) Free(TakeOwn());
    for (const LiveBlock& block : blocks_) mailbox_->Put(block);
    process_->GiveBack(std::move(slot_));
  }
  const Truth& truth() const { return truth_; }

 private:
  static constexpr uint64_t kAddresses = kAddressesOfThread;

  void Step(uint32_t choice) {
    LiveBlock block;
    if (choice == 0 && slot_->shard->index() == 0) process_->trie().AdvanceGeneration();
    if (choice < 50 || blocks_.empty()) {
      Allocate();
    } else if (choice < 60) {
      mailbox_->Put(TakeOwn());
    } else if (choice < 70 && mailbox_->Take(&block)) {
      Free(block);
    } else if (choice < 85) {
      Resize(TakeOwn(), choice);
    } else {
      Free(TakeOwn());
    }
  }

  void Allocate() {
    const uint32_t stack = static_cast<uint32_t>(random_() % kStacks);
    const uint64_t size = 1 + random_() % 1000;
    const LiveBlock block = {next_ += 32, size, stack, number_};
    process_->recorder().OnAllocate(
        *slot_->shard, {process_->Stack(slot_.get(), stack)}, AllocationFunction::kMalloc,
        process_->recorder().Expect(block.address), block.address, size);
    Grow(block.stack, size, static_cast<int64_t>(size));
    truth_[stack].live_blocks += 1;
    blocks_.push_back(block);
  }
  void Free(const LiveBlock& block) {
    process_->recorder().OnFree(*slot_->shard, block.address);
    truth_[block.stack].live_bytes -= static_cast<int64_t>(block.size);
    truth_[block.stack].live_blocks -= 1;
    truth_[block.stack].remote_blocks += block.thread != number_ ? 1 : 0;
  }
  void Resize(LiveBlock block, uint32_t choice) {
    LiftedBlock lifted;
    ASSERT_TRUE(process_->recorder().Lift(block.address, &lifted));
    if (choice == 70) {
      process_->recorder().PutBack(lifted);
    } else {
      const uint64_t size = 1 + random_() % 2000;
      if (choice % 2 == 0) block.address = next_ += 32;
      process_->recorder().CommitResize(*slot_->shard, lifted, block.address, size);
      Grow(block.stack, size, static_cast<int64_t>(size - block.size));
      truth_[block.stack].resizes += 1;
      block.size = size;
    }
    blocks_.push_back(block);
  }
  void Grow(uint32_t stack, uint64_t total, int64_t live) {
    truth_[stack].total_bytes += total;
    truth_[stack].total_blocks += 1;
    truth_[stack].live_bytes += live;
  }
  LiveBlock TakeOwn() {
    std::swap(blocks_[random_() % blocks_.size()], blocks_.back());
    const LiveBlock block = blocks_.back();
    blocks_.pop_back();
    return block;
  }

  Process* process_;
  Mailbox* mailbox_;
  uint32_t number_;
  std::mt19937 random_;
  uint64_t next_;
  std::unique_ptr<Slot> slot_;
  std::vector<LiveBlock> blocks_;
  Truth truth_{};
};

void RunWave(Process* process, Mailbox* mailbox, uint32_t wave, Truth* truth) {
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  std::atomic<int> waiting{kThreads};
  for (uint32_t i = 0; i < kThreads; ++i) {
    workers.push_back(std::make_unique<Worker>(process, mailbox, wave * kThreads + i));
    threads.emplace_back(&Worker::Run, workers.back().get(), &waiting);
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& worker : workers) {
    for (uint32_t n = 0; n < kStacks; ++n) {
      const Figures& from = worker->truth()[n];
      Figures& to = (*truth)[n];
      to.total_bytes += from.total_bytes;
      to.total_blocks += from.total_blocks;
      to.live_bytes += from.live_bytes;
      to.live_blocks += from.live_blocks;
      to.remote_blocks += from.remote_blocks;
      to.resizes += from.resizes;
    }
  }
}

// Whether blocks are known to lie apart, and so have slots in the shadow of the heap.
class StormTest : public ::testing::TestWithParam<bool> {};

TEST_P(StormTest, ManyThreadsLeaveTheSumsOfWhatTheyDid) {
  Process process(GetParam());
  Mailbox mailbox;
  Truth truth{};
  for (uint32_t wave = 0; wave < kWaves; ++wave) RunWave(&process, &mailbox, wave, &truth);
  EXPECT_EQ(process.shard_count(), ledger::kShardHeads) << "no thread shared a shard";
  std::array<PointId, kStacks> points;
  const std::unique_ptr<Slot> slot = process.TakeSlot();
  for (uint32_t n = 0; n < kStacks; ++n) {
    points[n] =
        process.recorder().PointFor(process.Stack(slot.get(), n), AllocationFunction::kMalloc);
  }
  const std::string path = testing::MoveToNewFile(&process.ledger());
  const auto contents = analyzer::ledger::ReadLedger(path);
  unlink(path.c_str());
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->points.size(), kStacks + static_cast<size_t>(AllocationFunction::kCount));
  for (const uint64_t loss : contents->losses) EXPECT_EQ(loss, 0u);
  uint64_t blocks = 0;
  for (uint32_t n = 0; n < kStacks; ++n) {
    const auto& sums = contents->sums[points[n]];
    EXPECT_EQ(sums.total_bytes, truth[n].total_bytes) << n;
    EXPECT_EQ(sums.total_blocks, truth[n].total_blocks) << n;
    EXPECT_EQ(static_cast<int64_t>(sums.live_bytes), truth[n].live_bytes) << n;
    EXPECT_EQ(static_cast<int64_t>(sums.live_blocks), truth[n].live_blocks) << n;
    EXPECT_EQ(sums.remote_blocks, truth[n].remote_blocks) << n;
    EXPECT_EQ(sums.moved_resizes + sums.settled_resizes, truth[n].resizes) << n;
    const uint64_t deaths = truth[n].total_blocks - truth[n].resizes - sums.live_blocks;
    EXPECT_EQ(std::accumulate(sums.lifetimes.begin(), sums.lifetimes.end(), uint64_t{0}), deaths);
    EXPECT_EQ(std::accumulate(sums.requests.begin(), sums.requests.end(), uint64_t{0}),
              sums.total_blocks);
    EXPECT_GE(sums.threads, 64u);
    EXPECT_LE(sums.threads, uint64_t{kWaves} * kThreads);
    blocks += sums.total_blocks;
  }
  printf("%d threads, %d at a time, %llu blocks compared\n", kWaves * kThreads, kThreads,
         static_cast<unsigned long long>(blocks));
  EXPECT_GE(blocks, 400000u);
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutShadow, StormTest, ::testing::Bool());

}  // namespace
}  // namespace memshim::record
