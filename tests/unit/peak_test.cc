// What a shard keeps of the peak to itself: record/peak.h by itself, at times that the test
// chooses.
#include "shim/record/peak.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace memshim::record {
namespace {

constexpr int kMany = static_cast<int>(Peak::kContended);

// Two shards by turns, each event `ticks` after the other's, on a heap of a few hundred bytes.
class ContentionTest : public ::testing::Test {
 protected:
  struct Settled {
    int times = 0;
    int64_t most_kept = 0;
  };
  Settled Alternate(int events, uint64_t ticks) {
    Settled settled;
    for (int i = 0; i < events; ++i) {
      ledger::ShardHead& head = heads_[i % 2];
      now_ += ticks;
      head.last_ticks = now_;
      const ledger::PeakState before = header_->peak;
      Peak peak(*header_, head);
      i / 2 % 2 == 0 ? peak.OnGrow(100, now_) : peak.OnShrink(100);
      settled.times += before.low != header_->peak.low;
      settled.most_kept = std::max(settled.most_kept, std::abs(head.unsettled_bytes));
    }
    return settled;
  }

  std::unique_ptr<ledger::Header> header_ = std::make_unique<ledger::Header>();
  ledger::ShardHead heads_[2] = {};
  uint64_t now_ = 1000;
};

TEST_F(ContentionTest, ThreadsThatContendSettleSeldom) {
  const Settled at_first = Alternate(kMany, 1);
  EXPECT_EQ(at_first.times, kMany);  // a burst may be by chance: exact
  EXPECT_EQ(at_first.most_kept, 0);
  Alternate(2 * kMany, 1);
  const Settled then = Alternate(10000, 1);
  EXPECT_EQ(then.times, 0);
  EXPECT_EQ(then.most_kept, 100);
}

TEST_F(ContentionTest, ThreadsThatTakeTurnsKeepNothing) {
  EXPECT_EQ(Alternate(10 * kMany, 10).most_kept, 0);
}

TEST_F(ContentionTest, OfOneThreadNothingIsKept) {
  ledger::ShardHead& head = heads_[0];
  for (const uint32_t threads : {1, 2}) {
    header_->threads = threads;
    Peak peak(*header_, head);
    peak.OnGrow(100 << 20, ++now_);
    peak.Settle(++now_);
    peak.OnGrow(20000, ++now_);
    EXPECT_EQ(head.unsettled_bytes, threads == 1 ? 0 : 20000);
  }
}

TEST_F(ContentionTest, WhatIsKeptIsBounded) {
  Alternate(3 * kMany, 1);
  int64_t most_kept = 0;
  ledger::ShardHead& head = heads_[0];
  for (int i = 0; i < 1000; ++i) {
    head.last_ticks = ++now_;
    Peak(*header_, head).OnGrow(1000, now_);
    most_kept = std::max(most_kept, std::abs(head.unsettled_bytes));
  }
  EXPECT_GT(most_kept, 3000);
  EXPECT_LE(most_kept, 4 << 10);
}

}  // namespace
}  // namespace memshim::record
