// The figures beyond DHAT's that depend on time, against a model that keeps every event.
#include "shim/record/details.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <random>
#include <vector>

#include "tests/unit/recording.h"

namespace memshim::record {
namespace {

using analyzer::ledger::Contents;
using analyzer::ledger::PointSums;
using ledger::Cell;
using testing::Recording;

struct Event {
  uint64_t ticks;
  int64_t bytes;      // below 0: freed
  uint64_t lifetime;  // of a free
};

// One cell driven by hand, with times of the test's choosing.
class HandDriven {
 public:
  explicit HandDriven(Recording* recording)
      : shard_(recording->shard(0)), point_(recording->Point(1)), cell_(shard_.CellFor(point_)) {}

  void Do(const Event& event) {
    Details details(shard_);
    shard_.EnterEra(event.ticks, UINT64_MAX);
    details.Advance(cell_);
    if (event.bytes > 0) {
      details.OnRequest(cell_, static_cast<uint64_t>(event.bytes), 0);
      cell_->total_bytes += static_cast<uint64_t>(event.bytes);
      cell_->total_blocks += 1;
    } else {
      details.OnDeath(cell_, event.lifetime);
      cell_->freed_bytes += static_cast<uint64_t>(-event.bytes);
      cell_->freed_blocks += 1;
    }
  }
  PointId point() const { return point_; }
  const Cell& cell() const { return *cell_; }

 private:
  Shard& shard_;
  PointId point_;
  Cell* cell_;
};

uint64_t LiveAt(const std::vector<Event>& events, uint64_t moment) {
  int64_t live = 0;
  for (const Event& event : events) {
    if (event.ticks < moment) live += event.bytes;
  }
  return static_cast<uint64_t>(live);
}

uint64_t FreedSince(const std::vector<Event>& events, uint64_t ticks) {
  uint64_t freed = 0;
  for (const Event& event : events) {
    if (event.ticks >= ticks && event.bytes < 0) freed += static_cast<uint64_t>(-event.bytes);
  }
  return freed;
}

std::vector<uint64_t> LifetimesOf(const std::vector<Event>& events) {
  std::vector<uint64_t> buckets;
  for (const Event& event : events) {
    if (event.bytes > 0) continue;
    const size_t width = static_cast<size_t>(std::bit_width(event.lifetime));
    if (buckets.size() <= width) buckets.resize(width + 1);
    buckets[width] += 1;
  }
  return buckets;
}

// A run of `length` ticks with about `count` events, in bursts and pauses.
std::vector<Event> RandomRun(std::mt19937_64& random, uint64_t length, int count) {
  std::vector<Event> events;
  std::vector<std::pair<uint64_t, int64_t>> live;  // birth, bytes
  uint64_t now = random() % (length / 2);
  while (now < length && events.size() < static_cast<size_t>(count)) {
    if (live.empty() || random() % 5 < 3) {
      const int64_t bytes = 1 + static_cast<int64_t>(random() % (uint64_t{1} << random() % 20));
      live.emplace_back(now, bytes);
      events.push_back({now, bytes, 0});
    } else {
      const size_t k = random() % live.size();
      events.push_back({now, -live[k].second, now - live[k].first});
      live[k] = live.back();
      live.pop_back();
    }
    if (random() % 4 == 0) now += random() % (1 + 8 * length / static_cast<uint64_t>(count));
  }
  return events;
}

TEST(DetailsTest, MomentsAndLateFreesAndLifetimesEqualAModelThatKeepsEveryEvent) {
  int moments = 0, with_late_frees = 0, changing = 0;
  // Each recording takes an emulator 45 MB that it does not give back.
  const int runs = getenv("MEMSHIM_IS_EMULATED") != nullptr ? 80 : 400;
  for (int run = 0; run < runs; ++run) {
    std::mt19937_64 random(static_cast<uint64_t>(run));
    // From less than a moment to hours.
    const uint64_t length = uint64_t{2000} << random() % 22;
    const std::vector<Event> events = RandomRun(random, length, 5 + run % 60);
    Recording recording(1);
    HandDriven driven(&recording);
    for (const Event& event : events) driven.Do(event);
    ledger::Header& header = recording.ledger().header();
    header.end_ticks = events.back().ticks + random() % 3 * (length / 50);
    header.phase = ledger::Phase::kEnded;
    const Contents contents = recording.Read();
    const PointSums& sums = contents.sums[driven.point()];
    // The moments are spread over the whole run, evenly.
    ASSERT_LT(contents.moments.size(), ledger::kMoments);
    if (header.end_ticks >= ledger::MomentStart(8)) {
      EXPECT_GE(contents.moments.size(), 8u);
    }
    for (size_t j = 0; j < contents.moments.size(); ++j) {
      EXPECT_EQ(contents.moments[j], contents.moments[0] * (j + 1));
      const uint64_t found = j < sums.moment_bytes.size() ? sums.moment_bytes[j] : sums.live_bytes;
      EXPECT_EQ(found, LiveAt(events, contents.moments[j])) << "run " << run << " moment " << j;
      ++moments;
    }
    changing += sums.moment_bytes.size() > 3 ? 1 : 0;
    // The last 1 to 3 %: never more than 1/32, nor less than 1/128, but in the shortest runs.
    EXPECT_LE(header.end_ticks - contents.late_ticks, 2 + header.end_ticks / 32);
    if (header.end_ticks > 1000) {
      EXPECT_GE(header.end_ticks - contents.late_ticks, header.end_ticks / 129);
    }
    EXPECT_EQ(sums.late_freed_bytes, FreedSince(events, contents.late_ticks)) << "run " << run;
    with_late_frees += sums.late_freed_bytes != 0 ? 1 : 0;
    EXPECT_EQ(sums.lifetimes, LifetimesOf(events)) << "run " << run;
  }
  printf("compared %d moments, %d runs with late frees, %d with changing live bytes\n", moments,
         with_late_frees, changing);
  EXPECT_GE(moments, runs * 7);
  EXPECT_GE(with_late_frees, runs / 8);
  EXPECT_GE(changing, runs / 2);
}

TEST(DetailsTest, WindowsFollowOneAnother) {
  uint32_t last = 0;
  for (uint64_t ticks = 0; ticks < 100000; ++ticks) {
    const uint32_t window = ledger::WindowAt(ticks);
    ASSERT_TRUE(window == last || (window == last + 1 && ledger::WindowStart(window) == ticks));
    last = window;
  }
  for (int shift = 17; shift < 64; ++shift) {
    const uint64_t ticks = (uint64_t{1} << shift) + 12345;
    const uint32_t window = ledger::WindowAt(ticks);
    EXPECT_LE(ledger::WindowStart(window), ticks);
    EXPECT_EQ(ledger::WindowAt(ledger::WindowStart(window) - 1), window - 1);
  }
}

TEST(DetailsTest, WhatIsSeenMostOftenNeedsNoSlot) {
  int changed = 0;
  constexpr int kRuns = 100;
  for (int run = 0; run < kRuns; ++run) {
    std::mt19937_64 random(static_cast<uint64_t>(run));
    Recording recording(1);
    HandDriven driven(&recording);
    const uint64_t usual = random() % 40, other = random() % 40;
    std::vector<Event> events;
    const auto add = [&](uint64_t width) {
      const uint64_t lifetime = width == 0 ? 0 : (uint64_t{1} << (width - 1)) + random() % width;
      events.push_back({1, 1, 0});
      events.push_back({1, -1, lifetime});
    };
    // The first ones are unusual, as those of a loop are.
    for (int i = 0; i < 5; ++i) add(other);
    for (int i = 0; i < 300; ++i) add(random() % 10 < 8 ? usual : random() % 40);
    for (const Event& event : events) driven.Do(event);
    EXPECT_EQ(recording.Read().sums[driven.point()].lifetimes, LifetimesOf(events)) << run;
    EXPECT_EQ(driven.cell().usual_lifetime, usual + 1) << run;
    changed += usual != other;
  }
  printf("%d of %d runs came to another usual lifetime\n", changed, kRuns);
  EXPECT_GE(changed, kRuns * 9 / 10);
}

TEST(DetailsTest, EveryBucketHasItsCount) {
  Recording recording(1);
  HandDriven driven(&recording);
  for (uint64_t width = 1; width < 50; ++width) {
    for (uint64_t n = 0; n < width; ++n) driven.Do({1, int64_t{1} << (width - 1), 0});
  }
  for (uint64_t width = 0; width < 50; ++width) {
    for (uint64_t n = 0; n <= width % 7; ++n) {
      driven.Do({2, -1, width == 0 ? 0 : uint64_t{1} << (width - 1)});
    }
  }
  const Contents contents = recording.Read();
  const PointSums& sums = contents.sums[driven.point()];
  ASSERT_EQ(sums.requests.size(), 50u);
  ASSERT_EQ(sums.lifetimes.size(), 50u);
  for (uint64_t width = 0; width < 50; ++width) {
    EXPECT_EQ(sums.requests[width], width);
    EXPECT_EQ(sums.lifetimes[width], width % 7 + 1);
  }
}

}  // namespace
}  // namespace memshim::record
