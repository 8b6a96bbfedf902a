// Comparing profiles: figures as one value, and field by field.
#ifndef MEMSHIM_TESTS_UNIT_PROFILE_TESTING_H_
#define MEMSHIM_TESTS_UNIT_PROFILE_TESTING_H_

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "analyzer/dhat/fit.h"
#include "analyzer/model/counters.h"
#include "analyzer/model/profile.h"
#include "gtest/gtest.h"

namespace memshim::analyzer::dhat {

// Every figure but the own maximum, in one comparable value.
inline std::vector<uint64_t> FiguresOf(const model::Counters& c, size_t moments) {
  std::vector<uint64_t> figures = {
      c.total_bytes,      c.total_blocks,        c.lifetime,         c.gmax_bytes,
      c.gmax_blocks,      c.end_bytes,           c.end_blocks,       c.read_bytes,
      c.written_bytes,    c.temporary_bytes,     c.temporary_blocks, c.smallest_request,
      c.largest_request,  c.slack_bytes,         c.remote_blocks,    c.moved_resizes,
      c.settled_resizes,  c.moved_bytes,         c.late_freed_bytes, c.threads,
      c.lifetimes.size(), c.request_sizes.size()};
  std::vector<uint64_t> moment_bytes = c.moment_bytes;
  moment_bytes.resize(std::max(moments, moment_bytes.size()), c.end_bytes);
  for (const auto* list : {&c.lifetimes, &c.request_sizes, &std::as_const(moment_bytes)}) {
    figures.insert(figures.end(), list->begin(), list->end());
  }
  return figures;
}

inline std::vector<uint64_t> SumsOf(const model::Profile& profile) {
  model::Counters sums;
  for (const model::Point& point : profile.points) model::AddCounters(point.counters, &sums);
  return FiguresOf(sums, profile.moments.size());
}

inline std::vector<uint64_t> AllOf(const model::Counters& c) {
  std::vector<uint64_t> figures = FiguresOf(c, c.moment_bytes.size());
  figures.push_back(c.max_bytes);
  figures.push_back(c.max_blocks);
  return figures;
}

inline void ExpectNoEqualStacks(const model::Profile& profile) {
  std::set<std::vector<uint32_t>> stacks;
  for (const model::Point& point : profile.points) {
    EXPECT_TRUE(stacks.insert(point.frames).second);
    EXPECT_FALSE(point.frames.empty());
    EXPECT_LE(point.frames.size(), kMaxStackFrames);
  }
}

inline void ExpectTrueMaxima(const model::Profile& profile) {
  for (const model::Point& point : profile.points) {
    EXPECT_GE(point.counters.max_bytes, point.counters.gmax_bytes);
    EXPECT_GE(point.counters.max_bytes, point.counters.end_bytes);
  }
}

inline void ExpectSameRun(const model::Profile& a, const model::Profile& b) {
  EXPECT_EQ(a.mode, b.mode);
  EXPECT_EQ(a.verb, b.verb);
  EXPECT_EQ(a.has_lifetimes, b.has_lifetimes);
  EXPECT_EQ(a.has_lifetime_sums, b.has_lifetime_sums);
  EXPECT_EQ(a.has_accesses, b.has_accesses);
  EXPECT_EQ(a.byte_unit, b.byte_unit);
  EXPECT_EQ(a.bytes_unit, b.bytes_unit);
  EXPECT_EQ(a.blocks_unit, b.blocks_unit);
  EXPECT_EQ(a.time_unit, b.time_unit);
  EXPECT_EQ(a.million_time_units, b.million_time_units);
  EXPECT_EQ(a.short_lived_threshold, b.short_lived_threshold);
  EXPECT_EQ(a.command, b.command);
  EXPECT_EQ(a.pid, b.pid);
  EXPECT_EQ(a.t_end, b.t_end);
  EXPECT_EQ(a.t_gmax, b.t_gmax);
  EXPECT_EQ(a.is_ours, b.is_ours);
  EXPECT_EQ(a.memshim_version, b.memshim_version);
  EXPECT_EQ(a.ending, b.ending);
  EXPECT_EQ(a.exit_status, b.exit_status);
  EXPECT_EQ(a.peak_rss_bytes, b.peak_rss_bytes);
  EXPECT_EQ(a.thread_count, b.thread_count);
  EXPECT_EQ(a.start_unix_ms, b.start_unix_ms);
  EXPECT_EQ(a.notes, b.notes);
  EXPECT_EQ(a.folded_points, b.folded_points);
  EXPECT_EQ(a.folded_bytes, b.folded_bytes);
  EXPECT_EQ(a.cut_points, b.cut_points);
}

inline void ExpectSameModulesAndTimeline(const model::Profile& a, const model::Profile& b) {
  ASSERT_EQ(a.modules.size(), b.modules.size());
  for (size_t i = 0; i < a.modules.size(); ++i) {
    EXPECT_EQ(a.modules[i].path, b.modules[i].path);
    EXPECT_EQ(a.modules[i].build_id, b.modules[i].build_id);
  }
  ASSERT_EQ(a.timeline.size(), b.timeline.size());
  for (size_t i = 0; i < a.timeline.size(); ++i) {
    EXPECT_EQ(a.timeline[i].time, b.timeline[i].time);
    EXPECT_EQ(a.timeline[i].live_bytes, b.timeline[i].live_bytes);
    EXPECT_EQ(a.timeline[i].live_blocks, b.timeline[i].live_blocks);
  }
}

inline void ExpectSameDetails(const model::Profile& a, const model::Profile& b) {
  EXPECT_EQ(a.has_details, b.has_details);
  EXPECT_EQ(a.lifetime_tick_us, b.lifetime_tick_us);
  EXPECT_EQ(a.t_late, b.t_late);
  EXPECT_EQ(a.moments, b.moments);
  ASSERT_EQ(a.failed_requests.size(), b.failed_requests.size());
  for (size_t i = 0; i < a.failed_requests.size(); ++i) {
    EXPECT_EQ(a.failed_requests[i].count, b.failed_requests[i].count);
    EXPECT_EQ(a.failed_requests[i].bytes, b.failed_requests[i].bytes);
    EXPECT_EQ(a.failed_requests[i].largest, b.failed_requests[i].largest);
    EXPECT_EQ(a.failed_requests[i].frames, b.failed_requests[i].frames);
  }
  ASSERT_EQ(a.verification.has_value(), b.verification.has_value());
  if (a.verification.has_value()) {
    EXPECT_EQ(a.verification->equal, b.verification->equal);
    EXPECT_EQ(a.verification->equal_where_described, b.verification->equal_where_described);
    EXPECT_EQ(a.verification->different, b.verification->different);
    EXPECT_EQ(a.verification->not_compared, b.verification->not_compared);
  }
}

inline void ExpectSameLosses(const model::Profile& a, const model::Profile& b) {
  ASSERT_EQ(a.losses.size(), b.losses.size());
  for (size_t i = 0; i < a.losses.size(); ++i) {
    EXPECT_EQ(a.losses[i].what, b.losses[i].what);
    EXPECT_EQ(a.losses[i].count, b.losses[i].count);
  }
}

inline void ExpectSameStacks(const model::Profile& a, const model::Profile& b) {
  ASSERT_EQ(a.frames.size(), b.frames.size());
  for (size_t i = 0; i < a.frames.size(); ++i) {
    EXPECT_EQ(a.frames[i].text, b.frames[i].text);
    EXPECT_EQ(a.frames[i].address, b.frames[i].address);
    EXPECT_EQ(a.frames[i].function, b.frames[i].function);
    EXPECT_EQ(a.frames[i].file, b.frames[i].file);
    EXPECT_EQ(a.frames[i].line, b.frames[i].line);
    EXPECT_EQ(a.frames[i].module, b.frames[i].module);
    EXPECT_EQ(a.frames[i].is_inlined, b.frames[i].is_inlined);
  }
  ASSERT_EQ(a.points.size(), b.points.size());
  for (size_t i = 0; i < a.points.size(); ++i) {
    EXPECT_EQ(AllOf(a.points[i].counters), AllOf(b.points[i].counters));
    EXPECT_EQ(a.points[i].frames, b.points[i].frames);
    EXPECT_EQ(a.points[i].max_is_lower_bound, b.points[i].max_is_lower_bound);
  }
}

inline void ExpectSameProfile(const model::Profile& a, const model::Profile& b) {
  ExpectSameRun(a, b);
  ExpectSameModulesAndTimeline(a, b);
  ExpectSameDetails(a, b);
  ExpectSameLosses(a, b);
  ExpectSameStacks(a, b);
}

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_TESTS_UNIT_PROFILE_TESTING_H_
