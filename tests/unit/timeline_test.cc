// Live bytes over time, from the shim's samples to those of a profile, against a model that keeps
// every event: what held through a pause is told as it was, however long the run and the pause.
#include "shim/record/timeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "analyzer/finish/live_over_time.h"
#include "tests/unit/recording.h"

namespace memshim::record {
namespace {

using analyzer::ledger::Contents;
using ledger::TimelineSample;
using testing::MakeZeroed;
using testing::Recording;

struct Event {
  uint64_t ticks;
  uint64_t live_bytes;  // from it on
};

// Bursts and pauses of all lengths.
std::vector<Event> RandomRun(std::mt19937_64& random, int count, int longest_pause) {
  std::vector<Event> events;
  uint64_t now = 0;
  while (events.size() < static_cast<size_t>(count)) {
    for (uint64_t burst = 1 + random() % 400; burst > 0; --burst) {
      events.push_back({now, random() % (1 << 30)});
      now += random() % 700;
    }
    now += random() % (uint64_t{1000} << random() % static_cast<unsigned>(longest_pause));
  }
  return events;
}

uint64_t Held(const std::vector<TimelineSample>& samples, uint64_t ticks) {
  uint64_t bytes = 0;
  for (const TimelineSample& sample : samples) {
    if (sample.ticks <= ticks) bytes = sample.live_bytes;
  }
  return bytes;
}

// What the shim and the analyzer make of the events.
struct Told {
  uint64_t interval = 0;
  std::vector<TimelineSample> taken, held;
};

Told Record(const std::vector<Event>& events, uint64_t end) {
  Recording recording(1);
  ledger::Ledger& ledger = recording.ledger();
  const auto timeline = MakeZeroed<Timeline>();
  uint64_t live = 0;
  for (const Event& event : events) {
    if (event.ticks >= timeline->next_ticks()) timeline->Sample(ledger, event.ticks);
    live = event.live_bytes;
    ledger.header().peak = ledger::Pack({static_cast<int64_t>(live), 1 << 30, 0});
  }
  ledger.header().end_ticks = end;
  ledger.header().phase = ledger::Phase::kEnded;
  Contents contents = recording.Read();
  contents.sums[0].live_bytes = live;
  return {contents.timeline_interval, contents.timeline, analyzer::finish::LiveOverTime(contents)};
}

TEST(TimelineTest, WhatHoldsThroughAPauseIsToldAsItWas) {
  std::mt19937_64 random(1);
  size_t pauses = 0, thinned = 0;
  for (int run = 0; run < 200; ++run) {
    const std::vector<Event> events = RandomRun(random, 20 + run * run, 4 + run % 24);
    const uint64_t end = events.back().ticks + random() % (uint64_t{1000} << run % 24);
    const Told told = Record(events, end);
    thinned += told.interval > 1000 ? 1 : 0;
    const uint64_t soon = 4 * told.interval;
    for (size_t i = 0; i < events.size(); ++i) {
      const uint64_t until = i + 1 < events.size() ? events[i + 1].ticks : end;
      if (until <= events[i].ticks + soon) continue;
      for (const uint64_t ticks : {events[i].ticks + soon, until - 1}) {
        ASSERT_EQ(Held(told.held, ticks), events[i].live_bytes)
            << "run " << run << ", event " << i << ", " << ticks - events[i].ticks << " after it";
      }
      ++pauses;
    }
    for (size_t i = 1; i < told.held.size(); ++i) {
      ASSERT_LT(told.held[i - 1].ticks, told.held[i].ticks);
    }
  }
  printf("%zu pauses, %zu timelines thinned out\n", pauses, thinned);
  EXPECT_GT(pauses, 5000u);
  EXPECT_GT(thinned, 100u);
}

TEST(TimelineTest, SamplesStayWithinTheirSpaceAndApart) {
  std::mt19937_64 random(2);
  for (const uint64_t step : {200u, 3000u, 100'000u, 5'000'000u}) {
    std::vector<Event> events;
    for (uint64_t i = 0; i < 20'000; ++i) events.push_back({i * step, random() % 1000});
    const Told told = Record(events, events.back().ticks + 1);
    EXPECT_LE(told.taken.size(), ledger::kTimelineCapacity);
    EXPECT_GE(told.taken.size(), ledger::kTimelineCapacity / 4);
    for (size_t i = 1; i < told.taken.size(); ++i) {
      EXPECT_GE(told.taken[i].ticks - told.taken[i - 1].ticks, told.interval);
    }
  }
}

// A block that is made at once and never freed, in a program without another event.
TEST(TimelineTest, OneEventTellsAWholeRun) {
  const Told told = Record({{5, 64 << 20}}, 3'000'000);
  ASSERT_EQ(told.taken.size(), 1u);
  EXPECT_EQ(Held(told.held, 10'000), 64u << 20);
  EXPECT_EQ(told.held.back().ticks, 3'000'000u);
  EXPECT_EQ(told.held.back().live_bytes, 64u << 20);
}

}  // namespace
}  // namespace memshim::record
