// The recorder and the ledger reader together, against a plain model that walks all points at
// every maximum, as valgrind's DHAT does.
#include "shim/record/recorder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <random>
#include <vector>

#include "analyzer/ledger/reader.h"
#include "shim/unwind/stack_trie.h"
#include "tests/unit/shim_testing.h"

namespace memshim::record {
namespace {

using analyzer::ledger::Contents;
using analyzer::ledger::PointSums;
using ledger::AllocationFunction;

// One recording into an anonymous ledger, by as many shards as asked for, in one thread.
class Recording {
 public:
  explicit Recording(uint32_t shards)
      : ledger_(testing::MakeZeroed<ledger::Ledger>()),
        trie_(testing::MakeZeroed<unwind::StackTrie>()),
        recorder_(testing::MakeZeroed<Recorder>()) {
    EXPECT_TRUE(ledger_->Create());
    EXPECT_TRUE(trie_->Start(ledger_.get(), "/none"));
    EXPECT_TRUE(recorder_->Start(ledger_.get(), unwind::kOutOfSpaceStack, false));
    for (uint32_t i = 0; i < shards; ++i) {
      shards_.push_back(testing::MakeZeroed<Shard>());
      EXPECT_TRUE(recorder_->StartShard(shards_.back().get(), i));
    }
    ledger_->header().phase = ledger::Phase::kRecording;
  }

  Recorder& recorder() { return *recorder_; }
  Shard& shard(uint64_t i) { return *shards_[i % shards_.size()]; }
  PointId Point(uint64_t n) {
    uint64_t pcs[] = {0x1000 + n};
    auto last = std::make_unique<unwind::LastStack>();
    return recorder_->PointFor(trie_->Intern(pcs, 1, last.get()), AllocationFunction::kMalloc);
  }

  Contents Read() {
    const std::string path = testing::MoveToNewFile(ledger_.get());
    auto contents = analyzer::ledger::ReadLedger(path);
    unlink(path.c_str());
    EXPECT_TRUE(contents.ok()) << contents.status();
    return *contents;
  }

 private:
  std::unique_ptr<ledger::Ledger, testing::Unmap<ledger::Ledger>> ledger_;
  std::unique_ptr<unwind::StackTrie, testing::Unmap<unwind::StackTrie>> trie_;
  std::unique_ptr<Recorder, testing::Unmap<Recorder>> recorder_;
  std::vector<std::unique_ptr<Shard, testing::Unmap<Shard>>> shards_;
};

// What the figures mean, in the simplest way that can be written down.
class Model {
 public:
  void Allocate(PointId point, uint64_t size) {
    PointSums& p = points_[point];
    Grow(p, size, 1, size);
  }
  void Free(PointId point, uint64_t size) {
    NoteBeforeShrink();
    points_[point].live_bytes -= size;
    points_[point].live_blocks -= 1;
    live_ -= size;
  }
  void Resize(PointId point, uint64_t old_size, uint64_t size) {
    PointSums& p = points_[point];
    if (size >= old_size) {
      Grow(p, size - old_size, 0, size);
      return;
    }
    NoteBeforeShrink();
    p.total_bytes += size;
    p.total_blocks += 1;
    p.live_bytes -= old_size - size;
    live_ -= old_size - size;
  }
  const std::map<PointId, PointSums>& End() {
    NoteBeforeShrink();
    return points_;
  }

 private:
  void Grow(PointSums& p, uint64_t bytes, uint64_t blocks, uint64_t total) {
    p.total_bytes += total;
    p.total_blocks += 1;
    p.live_bytes += bytes;
    p.live_blocks += blocks;
    live_ += bytes;
    if (p.live_bytes >= p.max_bytes) {
      p.max_bytes = p.live_bytes;
      p.max_blocks = p.live_blocks;
    }
    if (live_ >= peak_) {
      peak_ = live_;
      is_noted_ = false;
    }
  }
  // The last moment of a maximum is just before live bytes fall again.
  void NoteBeforeShrink() {
    if (is_noted_ || live_ != peak_) return;
    for (auto& [id, p] : points_) {
      p.gmax_bytes = p.live_bytes;
      p.gmax_blocks = p.live_blocks;
    }
    is_noted_ = true;
  }

  std::map<PointId, PointSums> points_;
  uint64_t live_ = 0, peak_ = 0;
  bool is_noted_ = true;
};

struct LiveBlock {
  PointId point;
  uint64_t size, address;
};

// A random run: sizes few and small, so that equal maxima are common.
void RunBoth(std::mt19937_64& random, int events, Recording* recording, Model* model) {
  std::vector<LiveBlock> live;
  uint64_t next_address = 0x10000;
  for (int i = 0; i < events; ++i) {
    Shard& shard = recording->shard(random());
    const uint64_t what = random() % 8;
    const uint64_t size = random() % 4 * 10;
    const uint64_t counted = size == 0 ? 1 : size;
    if (what < 4 || live.empty()) {
      const PointId point = recording->Point(random() % 12);
      recording->recorder().OnAllocate(shard, point, next_address, size);
      model->Allocate(point, counted);
      live.push_back({point, counted, next_address});
      next_address += 16;
      continue;
    }
    const size_t k = random() % live.size();
    if (what < 7) {
      recording->recorder().OnFree(shard, live[k].address);
      model->Free(live[k].point, live[k].size);
      live[k] = live.back();
      live.pop_back();
    } else {
      Block block;
      ASSERT_TRUE(recording->recorder().Lift(live[k].address, &block));
      uint64_t moved = live[k].address;
      if (random() % 2 == 0) {
        moved = next_address;
        next_address += 16;
      }
      recording->recorder().CommitResize(shard, block, moved, size);
      model->Resize(live[k].point, live[k].size, counted);
      live[k].size = counted;
      live[k].address = moved;
    }
  }
}

TEST(RecorderTest, EqualsAModelThatWalksAllPointsAtEveryMaximum) {
  uint64_t compared = 0;
  for (int run = 0; run < 150; ++run) {
    std::mt19937_64 random(static_cast<uint64_t>(run));
    const uint32_t shards = run % 3 == 0 ? 1 : 3;
    Recording recording(shards);
    Model model;
    RunBoth(random, 20 + run * 4, &recording, &model);
    const Contents contents = recording.Read();
    for (const auto& [id, expected] : model.End()) {
      ASSERT_LT(id, contents.sums.size());
      const PointSums& found = contents.sums[id];
      EXPECT_EQ(found.total_bytes, expected.total_bytes) << "run " << run << " point " << id;
      EXPECT_EQ(found.total_blocks, expected.total_blocks);
      EXPECT_EQ(found.live_bytes, expected.live_bytes);
      EXPECT_EQ(found.live_blocks, expected.live_blocks);
      EXPECT_EQ(found.gmax_bytes, expected.gmax_bytes) << "run " << run << " point " << id;
      EXPECT_EQ(found.gmax_blocks, expected.gmax_blocks);
      if (!found.max_is_lower_bound) {
        EXPECT_EQ(found.max_bytes, expected.max_bytes) << "run " << run << " point " << id;
        EXPECT_EQ(found.max_blocks, expected.max_blocks);
      } else {
        EXPECT_LE(found.max_bytes, expected.max_bytes);
        EXPECT_GE(found.max_bytes, std::max(found.gmax_bytes, found.live_bytes));
      }
      ++compared;
    }
  }
  printf("compared %llu points\n", static_cast<unsigned long long>(compared));
  EXPECT_GE(compared, 1500u);
}

TEST(RecorderTest, TheLastOfEqualMaximaCounts) {
  Recording recording(1);
  Recorder& recorder = recording.recorder();
  const PointId a = recording.Point(1), b = recording.Point(2);
  recorder.OnAllocate(recording.shard(0), a, 16, 1000);
  recorder.OnFree(recording.shard(0), 16);
  recorder.OnAllocate(recording.shard(0), b, 16, 1000);
  recorder.OnFree(recording.shard(0), 16);
  const Contents contents = recording.Read();
  EXPECT_EQ(contents.sums[a].gmax_bytes, 0u);
  EXPECT_EQ(contents.sums[b].gmax_bytes, 1000u);
}

TEST(RecorderTest, ALifetimeRunsOnThroughAResize) {
  Recording recording(1);
  Recorder& recorder = recording.recorder();
  const PointId point = recording.Point(1);
  recorder.OnAllocate(recording.shard(0), point, 16, 10);
  usleep(20000);
  Block block;
  ASSERT_TRUE(recorder.Lift(16, &block));
  recorder.CommitResize(recording.shard(0), block, 32, 20);
  usleep(20000);
  recorder.OnFree(recording.shard(0), 32);
  const Contents contents = recording.Read();
  const PointSums& sums = contents.sums[point];
  EXPECT_EQ(sums.total_blocks, 2u);
  EXPECT_EQ(sums.total_bytes, 30u);
  EXPECT_GE(static_cast<double>(sums.lifetime_ticks) * contents.microseconds_per_tick, 39000);
  EXPECT_LE(sums.lifetime_ticks, contents.end_ticks);
}

TEST(RecorderTest, ABlockAliveAtTheEndHasLivedUntilThen) {
  Recording recording(1);
  const PointId a = recording.Point(1), b = recording.Point(2);
  recording.recorder().OnAllocate(recording.shard(0), a, 16, 10);
  usleep(20000);
  recording.recorder().OnAllocate(recording.shard(0), b, 32, 10);
  const Contents contents = recording.Read();
  EXPECT_EQ(contents.sums[b].lifetime_ticks, 0u);
  EXPECT_GE(static_cast<double>(contents.sums[a].lifetime_ticks) * contents.microseconds_per_tick,
            19000);
}

TEST(RecorderTest, ABlockFreedBeforeItsThreadAllocatesAgainIsTemporary) {
  Recording recording(2);
  Recorder& recorder = recording.recorder();
  Shard& one = recording.shard(0);
  Shard& two = recording.shard(1);
  const PointId a = recording.Point(1), b = recording.Point(2);
  recorder.OnAllocate(one, a, 16, 10);
  recorder.OnAllocate(two, b, 32, 20);  // another thread's: does not matter
  recorder.OnFree(one, 16);             // temporary
  recorder.OnAllocate(one, a, 16, 10);
  recorder.OnAllocate(one, a, 48, 10);
  recorder.OnFree(one, 16);  // not: another allocation came between
  recorder.OnFree(one, 48);  // temporary: only another block was freed meanwhile
  recorder.OnAllocate(one, a, 64, 10);
  Block block;
  ASSERT_TRUE(recorder.Lift(64, &block));
  recorder.CommitResize(one, block, 64, 30);
  recorder.OnFree(one, 64);  // not: resized
  recorder.OnFree(one, 32);  // not: another thread's
  recorder.OnAllocate(one, b, 80, 0);
  recorder.OnFree(one, 80);  // temporary, counts one byte
  const Contents contents = recording.Read();
  EXPECT_EQ(contents.sums[a].temporary_blocks, 2u);
  EXPECT_EQ(contents.sums[a].temporary_bytes, 20u);
  EXPECT_EQ(contents.sums[b].temporary_blocks, 1u);
  EXPECT_EQ(contents.sums[b].temporary_bytes, 1u);
}

TEST(RecorderTest, AnAddressHandedOutAgainClosesTheBlockThatWasThere) {
  Recording recording(1);
  const PointId a = recording.Point(1), b = recording.Point(2);
  recording.recorder().OnAllocate(recording.shard(0), a, 16, 10);
  recording.recorder().OnAllocate(recording.shard(0), b, 16, 20);
  const Contents contents = recording.Read();
  EXPECT_EQ(contents.sums[a].live_blocks, 0u);
  EXPECT_EQ(contents.sums[b].live_bytes, 20u);
  EXPECT_EQ(contents.losses[static_cast<size_t>(ledger::Loss::kUnseenFree)], 1u);
}

TEST(RecorderTest, UnknownAddressesAreCountedAndChangeNothing) {
  Recording recording(1);
  recording.recorder().OnFree(recording.shard(0), 48);
  Block block;
  EXPECT_FALSE(recording.recorder().Lift(64, &block));
  recording.recorder().OnOwnFree(recording.shard(0), 80);
  const Contents contents = recording.Read();
  EXPECT_EQ(contents.losses[static_cast<size_t>(ledger::Loss::kUnknownFree)], 2u);
  for (const PointSums& sums : contents.sums) EXPECT_EQ(sums.total_blocks, 0u);
}

TEST(RecorderTest, OwnBlocksAreKnownAndNeverCounted) {
  Recording recording(1);
  recording.recorder().OnOwnAllocate(16);
  recording.recorder().OnFree(recording.shard(0), 16);
  const Contents contents = recording.Read();
  for (const uint64_t loss : contents.losses) EXPECT_EQ(loss, 0u);
  for (const PointSums& sums : contents.sums) EXPECT_EQ(sums.total_blocks, 0u);
}

}  // namespace
}  // namespace memshim::record
