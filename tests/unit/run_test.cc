// The parts of memshim run and memshim merge that need no process.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "analyzer/merge/timeline_sum.h"
#include "analyzer/run/companions.h"
#include "analyzer/run/option_text.h"
#include "analyzer/run/progress.h"

namespace memshim::analyzer {
namespace {

using merge::PlacedTimeline;
using model::TimelineSample;

TEST(OptionTextTest, TheLastValueCountsAndEscapesAreUndone) {
  EXPECT_EQ(run::FindOption("", "output"), "");
  EXPECT_EQ(run::FindOption("output=a:depth=3:output=b", "output"), "b");
  EXPECT_EQ(run::FindOption(R"(output=a\:b\\c)", "output"), R"(a:b\c)");
  EXPECT_EQ(run::FindOption("xoutput=a:outputs=b", "output"), "");
  EXPECT_EQ(run::FindOption("output=a=b", "output"), "a=b");
}

TEST(OptionTextTest, WhatIsAddedIsFound) {
  std::string options = "depth=3";
  for (const char* value : {"plain", "with:colon", R"(back\slash)", R"(\:)", "a=b", R"(end\)"}) {
    run::AddOption("output", value, &options);
    run::AddOption("next", "1", &options);
    EXPECT_EQ(run::FindOption(options, "output"), value);
  }
  EXPECT_EQ(run::FindOption(options, "depth"), "3");
}

TEST(OptionTextTest, OutputPatternsNameOneFile) {
  const run::OutputNames names = {"/home/me", 42, "/usr/bin/jq"};
  EXPECT_EQ(run::ExpandOutput("dhat-heap.json", names), "/home/me/dhat-heap.json");
  EXPECT_EQ(run::ExpandOutput("/tmp/%e.%p.%%p.json", names), "/tmp/jq.42.%p.json");
  EXPECT_EQ(run::ExpandOutput("/tmp/%q%", names), "/tmp/%q%");
  const std::string path = "/tmp/50%p of %e/%";
  EXPECT_EQ(run::ExpandOutput(run::AsPattern(path), names), path);
}

TEST(CompanionsTest, FilesAreThoseThatTheLoaderNames) {
  EXPECT_EQ(
      run::LoadedFiles("\tlinux-vdso.so.1 (0x00007ffd)\n\t/a b/one.so (0x1)\n"
                       "\tlibm.so.6 => /lib/libm.so.6 (0x00007f)\n\tlibno.so => not found\n"
                       "\t/lib64/ld-linux-x86-64.so.2 (0x2)\nnoise /x (0x3)\n\t (0x4)\n\t"),
      (std::vector<std::string>{"/a b/one.so", "/lib/libm.so.6", "/lib64/ld-linux-x86-64.so.2"}));
}

TEST(ProgressTest, ShowsTimeLiveHeapResidentSetWithItsChangeAndRate) {
  run::TreeFigures figures;
  figures.processes = 1;
  figures.live_bytes = 34'100'000;
  figures.resident_bytes = 80'200'000;
  EXPECT_EQ(run::ProgressText(absl::Seconds(12), figures, 79'000'000, 1.2e6),
            "memshim: 12.0 s  live 34.1 MB  RSS 80.2 MB (+1.20 MB)  1.20 M allocations/s");
  figures.processes = 3;
  EXPECT_EQ(
      run::ProgressText(absl::Minutes(2), figures, 90'200'000, 7),
      "memshim: 2.00 min  live 34.1 MB  RSS 80.2 MB (-10.0 MB)  7 allocations/s  3 processes");
}

// What all have at `time`, looked up in each.
TimelineSample At(const std::vector<PlacedTimeline>& timelines, uint64_t time) {
  TimelineSample sum;
  for (const PlacedTimeline& timeline : timelines) {
    if (time >= timeline.end) continue;
    TimelineSample own;
    for (const TimelineSample& sample : timeline.samples) {
      if (timeline.start + sample.time <= time) own = sample;
    }
    sum.live_bytes += own.live_bytes;
    sum.live_blocks += own.live_blocks;
  }
  return sum;
}

TEST(TimelineSumTest, IsTheSumAtEachMoment) {
  std::mt19937 random(1);
  size_t compared = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<PlacedTimeline> timelines(1 + random() % 5);
    for (PlacedTimeline& timeline : timelines) {
      timeline.start = random() % 100;
      uint64_t time = 0;
      for (unsigned i = random() % 20; i > 0; --i) {
        time += 1 + random() % 9;
        timeline.samples.push_back({time, random() % 1000, random() % 10});
      }
      timeline.end = timeline.start + time + 1 + random() % 9;
    }
    const std::vector<TimelineSample> sums = merge::SumTimelines(timelines, 100'000);
    for (size_t i = 0; i < sums.size(); ++i) {
      EXPECT_TRUE(i == 0 || sums[i - 1].time < sums[i].time);
      const TimelineSample expected = At(timelines, sums[i].time);
      EXPECT_EQ(sums[i].live_bytes, expected.live_bytes);
      EXPECT_EQ(sums[i].live_blocks, expected.live_blocks);
      ++compared;
    }
    EXPECT_EQ(
        sums.back().time,
        std::max_element(timelines.begin(), timelines.end(), [](const auto& a, const auto& b) {
          return a.end < b.end;
        })->end);
  }
  printf("compared %zu moments\n", compared);
  EXPECT_GT(compared, 5000u);
}

TEST(TimelineSumTest, WhatHoldsIsTheLastOfASlice) {
  const PlacedTimeline timeline = {0, 1000, {{0, 3, 1}, {1, 99, 1}, {2, 7, 1}, {3, 5, 1}}};
  const std::vector<TimelineSample> sums = merge::SumTimelines({timeline}, 10);
  const auto live_at = [&](uint64_t time) { return At({{0, 2000, sums}}, time).live_bytes; };
  EXPECT_EQ(live_at(1), 99u);
  EXPECT_EQ(live_at(500), 5u);
  EXPECT_EQ(live_at(1000), 0u);
}

TEST(TimelineSumTest, KeepsTheHighestOfASlice) {
  PlacedTimeline timeline = {0, 1000, {}};
  for (uint64_t time = 0; time < 1000; ++time) {
    timeline.samples.push_back({time, time == 567 ? 99u : time % 7, 1});
  }
  const std::vector<TimelineSample> sums = merge::SumTimelines({timeline}, 10);
  EXPECT_LE(sums.size(), 11u);
  const auto top = std::max_element(sums.begin(), sums.end(), [](const auto& a, const auto& b) {
    return a.live_bytes < b.live_bytes;
  });
  EXPECT_EQ(top->time, 567u);
  EXPECT_EQ(top->live_bytes, 99u);
}

}  // namespace
}  // namespace memshim::analyzer
