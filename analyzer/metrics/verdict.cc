// See verdict.h.
#include "analyzer/metrics/verdict.h"

#include <algorithm>
#include <limits>

#include "analyzer/model/counters.h"

namespace memshim::analyzer::metrics {
namespace {

constexpr size_t kMostPeakGroups = 3;
constexpr size_t kMostChurnGroups = 2;

uint64_t SlackAtPeak(const model::Profile& profile) {
  double slack = 0;
  for (const model::Point& point : profile.points) {
    const model::Counters& c = point.counters;
    slack += AverageOf(c.slack_bytes, c.total_blocks) * static_cast<double>(c.gmax_blocks);
  }
  return model::SaturatingCast(slack);
}

Resident::OverTime CompareOverTime(const model::Profile& profile) {
  Resident::OverTime result;
  result.least_excess = std::numeric_limits<uint64_t>::max();
  size_t next = 0;
  uint64_t live = 0;
  for (const model::ResidentSample& sample : profile.resident) {
    for (; next < profile.timeline.size() && profile.timeline[next].time <= sample.time; ++next) {
      live = profile.timeline[next].live_bytes;
    }
    result.at_end = {sample.bytes, live};
    result.least_excess = std::min(result.least_excess, result.at_end.excess());
    if (live >= result.at_peak.live_bytes) result.at_peak = result.at_end;
  }
  return result;
}

std::optional<Resident> CompareWithResident(const model::Profile& profile, const Totals& totals) {
  uint64_t peak = profile.peak_rss_bytes.value_or(0);
  for (const model::ResidentSample& sample : profile.resident) peak = std::max(peak, sample.bytes);
  // Of several processes neither the sum nor the largest says what was resident at once.
  if (peak == 0 || !profile.has_lifetimes || profile.merged_profiles > 0) return std::nullopt;
  Resident resident;
  resident.peak_bytes = peak;
  resident.live_bytes = totals.all.gmax_bytes;
  // Where the allocator could not be asked all of it is 0.
  if (totals.all.slack_bytes > 0) resident.slack_bytes = SlackAtPeak(profile);
  const uint64_t heap = model::SaturatingAdd(resident.live_bytes, resident.slack_bytes.value_or(0));
  resident.rest_bytes = peak > heap ? peak - heap : 0;
  if (profile.own_rss_bytes.has_value()) {
    resident.own_bytes = std::min(*profile.own_rss_bytes, resident.rest_bytes);
    resident.rest_bytes -= *resident.own_bytes;
  }
  if (!profile.resident.empty() && !profile.timeline.empty()) {
    resident.over_time = CompareOverTime(profile);
  }
  return resident;
}

}  // namespace

uint64_t Resident::OverTime::RetainedBytes() const {
  if (at_peak.bytes < at_peak.live_bytes || at_end.excess() < at_peak.excess()) return 0;
  return std::min(at_end.excess() - at_peak.excess(), at_peak.live_bytes - at_end.live_bytes);
}

bool IsChurning(const model::Profile& profile, const model::Counters& totals,
                const model::Counters& group) {
  return profile.has_lifetime_sums && group.total_blocks / 100 > 0 &&
         group.total_blocks >= totals.total_blocks / 20 &&
         group.total_bytes / 10 >= group.max_bytes &&
         AverageOf(group.lifetime, group.total_blocks) < static_cast<double>(profile.t_end) / 100;
}

Verdict FindVerdict(const model::Profile& profile, const std::vector<SiteGroup>& groups,
                    const Totals& totals) {
  Verdict verdict;
  // The sum of several peaks is not what was live at any moment.
  const uint64_t peak = profile.merged_profiles > 0 ? 0 : totals.all.gmax_bytes;
  verdict.course = FindCourse(profile.timeline, profile.t_end, profile.t_gmax, peak);
  for (const size_t i : RankSites(profile, groups, RankBy::kPeakBytes)) {
    if (verdict.peak_groups.size() == kMostPeakGroups) break;
    if (groups[i].counters.gmax_bytes < totals.all.gmax_bytes / 10) break;
    verdict.peak_groups.push_back(i);
  }
  for (const size_t i : RankSites(profile, groups, RankBy::kTotalBlocks)) {
    if (verdict.churn_groups.size() == kMostChurnGroups) break;
    if (IsChurning(profile, totals.all, groups[i].counters)) verdict.churn_groups.push_back(i);
  }
  verdict.resident = CompareWithResident(profile, totals);
  return verdict;
}

}  // namespace memshim::analyzer::metrics
