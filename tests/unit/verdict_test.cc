// What is judged rather than counted: the course of live bytes, what is left by suspicion, churn,
// and the resident set.
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "analyzer/metrics/course.h"
#include "analyzer/metrics/findings.h"
#include "analyzer/metrics/leaks.h"
#include "gtest/gtest.h"
#include "tests/unit/report_testing.h"

namespace memshim::analyzer::metrics {
namespace {

using render::Builder;
using render::kMain;
using render::kMalloc;
using render::Profile;

// Live bytes as a function of the time from 0 to 1.
using Curve = std::function<double(double)>;

constexpr uint64_t kEnd = 10000000;

struct Drawn {
  std::vector<model::TimelineSample> timeline;
  uint64_t peak = 0, t_peak = 0;
};

// Samples at uneven times, with noise.
Drawn Draw(const Curve& curve, size_t samples, double noise, std::mt19937& random) {
  Drawn drawn;
  std::uniform_real_distribution<double> uneven(-0.4, 0.4), off(-noise, noise);
  for (size_t i = 0; i < samples; ++i) {
    const double time =
        (static_cast<double>(i) + 0.5 + uneven(random)) / static_cast<double>(samples);
    const double bytes = std::max(0.0, curve(time) * (1 + off(random)));
    drawn.timeline.push_back({static_cast<uint64_t>(time * kEnd), static_cast<uint64_t>(bytes), 1});
    if (drawn.timeline.back().live_bytes <= drawn.peak) continue;
    drawn.peak = drawn.timeline.back().live_bytes;
    drawn.t_peak = drawn.timeline.back().time;
  }
  return drawn;
}

Course Judged(const Drawn& drawn) {
  return FindCourse(drawn.timeline, kEnd, drawn.t_peak, drawn.peak);
}

double Teeth(double t, double count) { return t * count - std::floor(t * count); }

struct Known {
  Shape shape;
  const char* name;
  Curve curve;
};

const std::vector<Known>& KnownCurves() {
  static const std::vector<Known>* const known = new std::vector<Known>{
      {Shape::kConstant, "constant", [](double) { return 1e6; }},
      {Shape::kConstant, "set up and torn down",
       [](double t) { return t < 0.02 || t > 0.98 ? 1e4 : 5e7; }},
      {Shape::kPlateau, "fills a cache", [](double t) { return t < 0.3 ? t / 0.3 * 4e6 : 4e6; }},
      {Shape::kPlateau, "loads, then lets go of half",
       [](double t) { return t < 0.2   ? 1e5 + 5e6 * t
                             : t < 0.4 ? 8e6
                                       : 4e6; }},
      {Shape::kGrowing, "leaks", [](double t) { return 1e6 + 5e6 * t; }},
      {Shape::kGrowing, "leaks and frees at the end",
       [](double t) { return t > 0.97 ? 0 : 1e5 + 5e6 * t; }},
      {Shape::kGrowing, "grows faster and faster", [](double t) { return 1e5 + 9e6 * t * t; }},
      {Shape::kSawtooth, "a batch at a time", [](double t) { return 1e6 + 5e6 * Teeth(t, 7); }},
      {Shape::kSawtooth, "a batch at a time, leaking",
       [](double t) { return 1e6 + 6e6 * t + 5e6 * Teeth(t, 8); }},
      {Shape::kSpike, "one large request",
       [](double t) { return t > 0.42 && t < 0.5 ? 3e7 : 1e6; }},
      {Shape::kRiseAndFall, "a last phase on top of what has grown",
       [](double t) { return t < 0.75   ? 1e7 * t / 0.75
                             : t < 0.85 ? 2.5e7
                                        : 1e6; }},
      {Shape::kRiseAndFall, "builds and takes down",
       [](double t) { return 1e5 + 5e6 * (t < 0.6 ? t / 0.6 : (1 - t) / 0.4); }},
  };
  return *known;
}

TEST(CourseTest, KnownCurvesGetTheirNames) {
  std::mt19937 random(1);
  size_t curves = 0, confident = 0;
  for (const Known& known : KnownCurves()) {
    for (const size_t samples : {100u, 200u, 500u, 1000u}) {
      for (int i = 0; i < 10; ++i) {
        const Course course = Judged(Draw(known.curve, samples, 0.02, random));
        EXPECT_EQ(static_cast<int>(course.shape), static_cast<int>(known.shape))
            << known.name << ", " << samples << " samples";
        EXPECT_EQ(course.samples, samples);
        confident += course.confidence >= 0.75 ? 1 : 0;
        ++curves;
      }
    }
  }
  EXPECT_GE(confident, curves * 8 / 10);
  RecordProperty("curves", static_cast<int>(curves));
  printf("%zu curves, %zu with a confidence of 75%% or more\n", curves, confident);
  EXPECT_EQ(curves, 480u);
}

// A stretch of a run: a pause in which `bytes` are live, or a burst of events on the way to them.
struct Stretch {
  double share;  // of the run
  double bytes;
  bool is_pause;
};

// As finish::LiveOverTime() tells it: samples in bursts, and the two ends of each pause.
Drawn DrawStretches(const std::vector<Stretch>& stretches, double noise, std::mt19937& random) {
  Drawn drawn;
  std::uniform_real_distribution<double> off(-noise, noise);
  double time = 0, before = 0;
  const auto add = [&](double at, double bytes) {
    drawn.timeline.push_back({static_cast<uint64_t>(at * kEnd), static_cast<uint64_t>(bytes), 1});
    if (drawn.timeline.back().live_bytes <= drawn.peak) return;
    drawn.peak = drawn.timeline.back().live_bytes;
    drawn.t_peak = drawn.timeline.back().time;
  };
  for (const Stretch& stretch : stretches) {
    const double to = stretch.bytes * (1 + off(random));
    constexpr int kSamples = 10;
    for (int i = 0; i < kSamples && !stretch.is_pause; ++i) {
      add(time + stretch.share * i / kSamples, before + (to - before) * (i + 1) / kSamples);
    }
    if (stretch.is_pause) {
      add(time + 0.0001, to);
      add(time + stretch.share - 0.0001, to);
    }
    time += stretch.share;
    before = to;
  }
  return drawn;
}

struct KnownStretches {
  Shape shape;
  const char* name;
  std::vector<Stretch> stretches;
};

const std::vector<KnownStretches>& KnownPauses() {
  static const std::vector<KnownStretches>* const known = new std::vector<KnownStretches>{
      {Shape::kConstant,
       "starts, holds a buffer through a sleep, ends",
       {{0.01, 1e6, false}, {0.98, 6.5e7, true}, {0.01, 5e5, false}}},
      {Shape::kConstant, "one buffer, and no other event", {{1, 6.4e7, true}}},
      {Shape::kRiseAndFall,
       "holds a buffer through the middle sleep of three",
       {{0.02, 1e6, false}, {0.3, 1e6, true}, {0.4, 6.5e7, true}, {0.28, 1e6, true}}},
      {Shape::kPlateau,
       "a server that is loaded, then idle",
       {{0.1, 1e6, true}, {0.1, 5e7, false}, {0.8, 5e7, true}}},
      {Shape::kSpike,
       "a request between two sleeps",
       {{0.02, 1e6, false},
        {0.45, 1e6, true},
        {0.03, 3e7, false},
        {0.03, 1e6, false},
        {0.47, 1e6, true}}},
      {Shape::kGrowing,
       "each minute a little more",
       {{0.1, 1e6, true},
        {0.1, 2e6, true},
        {0.1, 3e6, true},
        {0.1, 4e6, true},
        {0.1, 5e6, true},
        {0.1, 6e6, true},
        {0.1, 7e6, true},
        {0.1, 8e6, true},
        {0.1, 9e6, true},
        {0.1, 1e7, true}}},
      {Shape::kSawtooth,
       "a batch after each sleep",
       {{0.1, 1e6, true},
        {0.12, 9e6, true},
        {0.1, 1e6, true},
        {0.12, 9e6, true},
        {0.1, 1e6, true},
        {0.12, 9e6, true},
        {0.1, 1e6, true},
        {0.12, 9e6, true},
        {0.12, 1e6, true}}},
  };
  return *known;
}

TEST(CourseTest, PausesCountByTheirTime) {
  std::mt19937 random(5);
  size_t curves = 0, confident = 0;
  for (const KnownStretches& known : KnownPauses()) {
    for (int i = 0; i < 20; ++i) {
      const Course course = Judged(DrawStretches(known.stretches, 0.02, random));
      EXPECT_EQ(static_cast<int>(course.shape), static_cast<int>(known.shape)) << known.name;
      confident += course.confidence >= 0.5 ? 1 : 0;
      ++curves;
    }
  }
  printf("%zu curves with pauses, %zu with a confidence of 50%% or more\n", curves, confident);
  EXPECT_EQ(curves, 140u);
  EXPECT_GE(confident, 135u);
}

TEST(CourseTest, SlopesAreThoseOfTheCurve) {
  std::mt19937 random(2);
  const Course growing = Judged(Draw(KnownCurves()[4].curve, 300, 0.02, random));
  EXPECT_NEAR(growing.slope * kEnd, 5e6, 5e5);
  const Course teeth = Judged(Draw(KnownCurves()[8].curve, 600, 0.01, random));
  EXPECT_TRUE(teeth.low_points_grow);
  EXPECT_NEAR(teeth.slope * kEnd, 6e6, 1.5e6);
  const Course level_teeth = Judged(Draw(KnownCurves()[7].curve, 600, 0.01, random));
  EXPECT_FALSE(level_teeth.low_points_grow);
  EXPECT_NEAR(static_cast<double>(level_teeth.teeth), 6, 1);
  const Course plateau = Judged(Draw(KnownCurves()[2].curve, 300, 0.02, random));
  EXPECT_NEAR(static_cast<double>(plateau.since), 0.27 * kEnd, 0.05 * kEnd);
  EXPECT_NEAR(static_cast<double>(plateau.typical_bytes), 4e6, 2e5);
}

TEST(CourseTest, LittleIsSaidOfLittle) {
  std::mt19937 random(3);
  EXPECT_EQ(Judged(Draw(KnownCurves()[4].curve, 7, 0, random)).shape, Shape::kUnknown);
  EXPECT_EQ(FindCourse({}, 0, 0, 0).shape, Shape::kUnknown);
  EXPECT_LE(Judged(Draw(KnownCurves()[4].curve, 16, 0, random)).confidence, 0.5);
  std::uniform_real_distribution<double> any(0, 1e6);
  size_t sure = 0;
  for (int i = 0; i < 50; ++i) {
    const Course noise = Judged(Draw([&](double) { return any(random); }, 30, 0, random));
    sure += noise.shape == Shape::kGrowing && noise.confidence > 0.5 ? 1 : 0;
  }
  EXPECT_EQ(sure, 0u);
}

// As a compiler that ends without giving back what its last pass made.
TEST(CourseTest, WhatDoesNotComeDownIsNoSpike) {
  std::mt19937 random(4);
  const auto rises_at_the_end = [](double t) { return t > 0.97 ? 2e6 : 5e5; };
  EXPECT_EQ(Judged(Draw(rises_at_the_end, 200, 0.01, random)).shape, Shape::kConstant);
  const auto comes_down = [](double t) { return t > 0.97 && t < 0.99 ? 2e6 : 5e5; };
  EXPECT_EQ(Judged(Draw(comes_down, 200, 0.01, random)).shape, Shape::kSpike);
}

TEST(CourseTest, TendencyAndSlopeAreThoseOfTheDefinitions) {
  EXPECT_DOUBLE_EQ(RisingTendency({1, 2, 3, 4}), 1);
  EXPECT_DOUBLE_EQ(RisingTendency({4, 3, 2, 1}), -1);
  EXPECT_DOUBLE_EQ(RisingTendency({1, 3, 2}), 1.0 / 3);
  EXPECT_DOUBLE_EQ(RisingTendency({2, 2}), 0);
  EXPECT_DOUBLE_EQ(RisingTendency({}), 0);
  EXPECT_DOUBLE_EQ(MedianSlope({0, 2, 4, 100, 8}), 2);
  EXPECT_DOUBLE_EQ(MedianSlope({5}), 0);
}

TEST(GrowthTest, WhatGrowsGrowsToTheEnd) {
  EXPECT_EQ(GrowthOf({1, 2, 3}), Growth::kUnknown);
  EXPECT_EQ(GrowthOf({10, 20, 30, 40, 50, 60, 70, 80}), Growth::kGrows);
  EXPECT_EQ(GrowthOf({0, 0, 10, 20, 18, 40, 50, 60}), Growth::kGrows);
  EXPECT_EQ(GrowthOf({50, 50, 50, 50, 50, 50, 50, 50}), Growth::kSteady);
  EXPECT_EQ(GrowthOf({10, 20, 30, 40, 40, 40, 40, 40}), Growth::kSteady);  // a cache that is full
  EXPECT_EQ(GrowthOf({0, 0, 0, 0, 0, 0, 0, 90}), Growth::kSteady);         // one step
  EXPECT_EQ(GrowthOf({80, 70, 60, 50, 40, 30, 20, 10}), Growth::kSteady);
  EXPECT_EQ(GrowthOf({10, 60, 10, 60, 10, 60, 10, 60}), Growth::kSteady);
  EXPECT_EQ(GrowthOf({0, 0, 0, 0}), Growth::kSteady);
}

model::Counters Counted(uint64_t end_bytes, std::vector<uint64_t> history, uint64_t late = 0) {
  model::Counters c;
  c.total_bytes = 1000000;
  c.total_blocks = 1000;
  c.end_bytes = end_bytes;
  c.end_blocks = end_bytes / 10;
  c.moment_bytes = std::move(history);
  c.late_freed_bytes = late;
  return c;
}

// A profile whose sites have these names, each with its own history.
Profile Histories() {
  Builder builder;
  const auto add = [&](const char* name, const model::Counters& counters) {
    builder.Add(
        {kMalloc, absl::StrCat("0x1: ", name, " (a.c:", builder.profile_.points.size() + 1, ")"),
         kMain},
        counters);
  };
  add("leaks", Counted(800, {100, 200, 300, 400, 500, 600, 700, 800}));
  add("keeps", Counted(500, {500, 500, 500, 500, 500, 500, 500, 500}));
  add("frees_at_exit", Counted(0, {10, 20, 30, 40, 50, 60, 70, 80}, 80));
  add("frees_always", Counted(0, {0, 0, 0, 0, 0, 0, 0, 0}, 5000));
  add("frees_most_at_exit", Counted(10, {100, 200, 300, 400, 500, 600, 700, 800}, 790));
  builder.Add({kMalloc, "0x7F20: _IO_file_doallocate (in /usr/lib/libc.so.6)", kMain},
              Counted(40, {40, 40, 40, 40, 40, 40, 40, 40}));
  builder.profile_.points.back().counters.total_blocks = 1;
  Profile profile = builder.profile_;
  profile.t_end = 1000;
  profile.t_late = 980;
  profile.has_details = true;
  profile.moments = {100, 200, 300, 400, 500, 600, 700, 800};
  return profile;
}

TEST(LeaksTest, WhatIsLeftIsSortedBySuspicion) {
  Profile profile = Histories();
  const Findings findings = Examine({}, &profile);
  std::vector<std::string> found;
  const char* const kinds[] = {"grows", "late", "kept", "untold", "runtime"};
  for (const Leak& leak : findings.leaks.entries) {
    const SiteGroup& group = findings.groups[leak.group];
    found.push_back(absl::StrCat(kinds[static_cast<int>(leak.suspicion)], " ", group.function,
                                 group.label, " ", leak.bytes));
  }
  EXPECT_EQ(found, (std::vector<std::string>{
                       "grows leaks 800", "late frees_most_at_exit 790", "late frees_at_exit 80",
                       "kept keeps 500", "kept frees_most_at_exit 10", "runtime stdio buffer 40"}));
  EXPECT_EQ(findings.leaks.sum(Suspicion::kFreedLate).groups, 2u);
  EXPECT_EQ(findings.leaks.sum(Suspicion::kKept).bytes, 510u);
  profile.moments.clear();
  profile.has_details = false;
  for (model::Point& point : profile.points) point.counters.moment_bytes.clear();
  EXPECT_EQ(Examine({}, &profile).leaks.entries.front().suspicion, Suspicion::kUntold);
}

TEST(VerdictTest, ThePeakTheChurnAndTheResidentSet) {
  Profile profile = render::Server();
  profile.resident = {{0, 8000000}, {2500000, 26000000}, {4000000, 24000000}};
  profile.points[0].counters.slack_bytes = 30000;  // of 3,000 blocks, 2,000 of which are live
  const Findings findings = Examine({}, &profile);
  const auto name = [&](size_t group) { return findings.groups[group].function; };
  ASSERT_EQ(findings.verdict.peak_groups.size(), 1u);
  EXPECT_EQ(name(findings.verdict.peak_groups[0]),
            "cache::Table<std::string, Entry>::insert(Entry const&)");
  ASSERT_EQ(findings.verdict.churn_groups.size(), 1u);
  EXPECT_EQ(name(findings.verdict.churn_groups[0]), "parse_header");
  ASSERT_TRUE(findings.verdict.resident.has_value());
  const Resident& resident = *findings.verdict.resident;
  EXPECT_EQ(resident.peak_bytes, 26000000u);
  EXPECT_EQ(resident.live_bytes, findings.totals.all.gmax_bytes);
  EXPECT_EQ(resident.slack_bytes, 20000u);
  EXPECT_EQ(resident.rest_bytes, 26000000 - resident.live_bytes - 20000);
  ASSERT_TRUE(resident.over_time.has_value());
  EXPECT_EQ(resident.over_time->least_excess, 8000000u);
  EXPECT_EQ(resident.over_time->at_end.excess(), 24000000 - profile.timeline.back().live_bytes);
  EXPECT_EQ(resident.over_time->RetainedBytes(), 24000000 - 150000 - (26000000 - 6000000));
  // memshim's own comes off the rest, and is no more than that.
  EXPECT_FALSE(resident.own_bytes.has_value());
  for (const uint64_t own : {uint64_t{3000000}, uint64_t{90000000}}) {
    profile.own_rss_bytes = own;
    const std::optional<Resident> with_own = Examine({}, &profile).verdict.resident;
    ASSERT_TRUE(with_own.has_value());
    EXPECT_EQ(with_own->own_bytes, std::min(own, resident.rest_bytes));
    EXPECT_EQ(with_own->rest_bytes, resident.rest_bytes - *with_own->own_bytes);
  }
  profile.merged_profiles = 2;
  EXPECT_FALSE(Examine({}, &profile).verdict.resident.has_value());
}

TEST(VerdictTest, OnlyWhatWasFreedCanBeRetained) {
  using Sample = Resident::Sample;
  const auto retained = [](Sample at_peak, Sample at_end) {
    return Resident::OverTime{at_peak, at_end, 0}.RetainedBytes();
  };
  EXPECT_EQ(retained({110, 100}, {110, 20}), 80u);
  EXPECT_EQ(retained({110, 100}, {40, 20}), 10u);
  EXPECT_EQ(retained({110, 100}, {30, 20}), 0u);    // all of it was given back
  EXPECT_EQ(retained({110, 100}, {900, 20}), 80u);  // much was mapped since
  EXPECT_EQ(retained({110, 100}, {900, 100}), 0u);  // nothing was freed
  EXPECT_EQ(retained({50, 100}, {50, 0}), 0u);      // half of it was never touched
  // A heap that grows to the end: how far above it the resident set is tells nothing about it.
  Profile profile = render::Server();
  profile.timeline.resize(26);
  profile.resident = {{0, 8000000}, {1000000, 60000000}, {2500000, 90000000}};
  const std::optional<Resident> growing = Examine({}, &profile).verdict.resident;
  ASSERT_TRUE(growing.has_value() && growing->over_time.has_value());
  EXPECT_EQ(growing->over_time->RetainedBytes(), 0u);
}

}  // namespace
}  // namespace memshim::analyzer::metrics
