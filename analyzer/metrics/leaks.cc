// See leaks.h.
#include "analyzer/metrics/leaks.h"

#include <algorithm>

#include "analyzer/model/counters.h"

namespace memshim::analyzer::metrics {
namespace {

constexpr size_t kMinMoments = 4;

// Smaller changes between two moments say nothing.
bool IsMore(uint64_t later, uint64_t earlier, uint64_t most) {
  return later > earlier &&
         static_cast<double>(later - earlier) >= 0.01 * static_cast<double>(most);
}

// What was live at the last moment before the late part of the run began.
uint64_t LiveBeforeLate(const model::Profile& profile, const std::vector<uint64_t>& history) {
  uint64_t live = 0;
  for (size_t i = 0; i < history.size() && profile.moments[i] <= profile.t_late; ++i) {
    live = history[i];
  }
  return live;
}

// Bytes that were live before the last part of the run and were freed in it. What was made in that
// part alone is no concern, nor a group that frees all the time.
uint64_t HeldUntilLate(const model::Profile& profile, const std::vector<uint64_t>& history,
                       const model::Counters& counters) {
  const uint64_t live = LiveBeforeLate(profile, history);
  const uint64_t held = std::min(live, counters.late_freed_bytes);
  const uint64_t left = std::min(live, counters.end_bytes);
  const uint64_t gone = std::min(held, live - left);
  return gone >= live / 2 ? gone : 0;
}

}  // namespace

std::vector<uint64_t> HistoryOf(const model::Profile& profile, const model::Counters& counters) {
  std::vector<uint64_t> history = counters.moment_bytes;
  history.resize(profile.moments.size(), counters.end_bytes);
  return history;
}

Growth GrowthOf(const std::vector<uint64_t>& history) {
  if (history.size() < kMinMoments) return Growth::kUnknown;
  const uint64_t most = *std::max_element(history.begin(), history.end());
  const size_t steps = history.size() - 1;
  size_t rises = 0, falls = 0;
  bool rises_late = false;
  for (size_t i = 0; i < steps; ++i) {
    const bool is_rise = IsMore(history[i + 1], history[i], most);
    rises += is_rise ? 1 : 0;
    falls += IsMore(history[i], history[i + 1], most) ? 1 : 0;
    rises_late |= is_rise && 3 * i >= 2 * steps - 2;
  }
  const double middle = static_cast<double>(history[history.size() / 2]);
  const bool grows = 2 * rises >= steps && 4 * falls <= steps && rises_late &&
                     static_cast<double>(history.back()) >= 1.2 * middle;
  return grows ? Growth::kGrows : Growth::kSteady;
}

Leaks FindLeaks(const model::Profile& profile, const std::vector<SiteGroup>& groups) {
  Leaks leaks;
  const auto add = [&](const Leak& leak) {
    leaks.entries.push_back(leak);
    LeakSum& sum = leaks.sums[static_cast<size_t>(leak.suspicion)];
    sum.bytes = model::SaturatingAdd(sum.bytes, leak.bytes);
    sum.blocks = model::SaturatingAdd(sum.blocks, leak.blocks);
    ++sum.groups;
  };
  for (size_t i = 0; i < groups.size(); ++i) {
    const model::Counters& counters = groups[i].counters;
    const bool is_runtime = groups[i].kind == SiteKind::kRuntime;
    const std::vector<uint64_t> history = HistoryOf(profile, counters);
    const Growth growth = GrowthOf(history);
    // What little is left of a heap that grew and was freed did not grow itself.
    const bool has_grown = growth == Growth::kGrows && counters.end_bytes >= history.back() / 2;
    if (counters.end_blocks > 0 || counters.end_bytes > 0) {
      const Suspicion suspicion = is_runtime                   ? Suspicion::kRuntime
                                  : growth == Growth::kUnknown ? Suspicion::kUntold
                                  : has_grown                  ? Suspicion::kGrows
                                                               : Suspicion::kKept;
      add({i, suspicion, growth, counters.end_bytes, counters.end_blocks});
    }
    if (is_runtime || growth == Growth::kUnknown) continue;
    const uint64_t late = HeldUntilLate(profile, history, counters);
    if (late > 0) add({i, Suspicion::kFreedLate, growth, late, 0});
  }
  std::stable_sort(leaks.entries.begin(), leaks.entries.end(), [](const Leak& a, const Leak& b) {
    return a.suspicion != b.suspicion ? a.suspicion < b.suspicion : a.bytes > b.bytes;
  });
  return leaks;
}

}  // namespace memshim::analyzer::metrics
