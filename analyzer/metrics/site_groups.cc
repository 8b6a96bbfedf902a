// See site_groups.h.
#include "analyzer/metrics/site_groups.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "analyzer/metrics/thread_start.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::metrics {
namespace {

// 0x1234 of "0x7f01: ??? (in /usr/lib/libx.so+0x1234)"; 0 if the text has none.
uint64_t ModuleOffset(absl::string_view text) {
  const size_t plus = text.rfind("+0x");
  if (plus == absl::string_view::npos || !absl::ConsumeSuffix(&text, ")")) return 0;
  uint64_t offset = 0;
  return absl::SimpleHexAtoi(text.substr(plus + 1), &offset) ? offset : 0;
}

// What a file without modules says of a frame that has a line.
constexpr absl::string_view kModuleNotTold = "[module not told]";

// Leaves of the description what groups of this kind have in common.
void Coarsen(GroupBy by, SiteGroup* group) {
  if (by == GroupBy::kSite) return;
  group->line = 0;
  if (by == GroupBy::kFunction || by == GroupBy::kThread) {
    // Inlined into several files, a function is still one; by its module it is told from a
    // namesake.
    if (!group->function.empty()) group->file.clear();
    return;
  }
  group->function.clear();
  group->address = group->module_offset = 0;
  if (by == GroupBy::kFile) {
    if (!group->file.empty()) group->module_path.clear();
  } else {
    group->file.clear();
    if (group->module_path.empty()) group->label = std::string(kModuleNotTold);
  }
}

auto NameOrder(const SiteGroup& group) {
  return std::tie(group.function, group.file, group.line, group.module_path, group.address,
                  group.label);
}

}  // namespace

SiteGroup DescribeFrame(const model::Profile& profile, const model::Frame& frame, GroupBy by) {
  SiteGroup group;
  group.kind = SiteKind::kUser;
  group.function = frame.function;
  group.file = frame.file;
  group.line = frame.line;
  group.module_path = std::string(ModulePath(profile, frame));
  if (frame.function.empty() && frame.line == 0) {
    group.address = frame.address;
    group.module_offset = ModuleOffset(frame.text);
    if (frame.address == 0 && group.module_path.empty()) group.label = frame.text;
  }
  if (group.label.empty()) Coarsen(by, &group);
  return group;
}

SiteGroup DescribeSite(const model::Profile& profile, const model::Point& point, const Site& site,
                       GroupBy by) {
  SiteGroup group;
  if (!site.label.empty()) {
    group.label = std::string(site.label);
  } else if (site.kind == SiteKind::kFolded) {
    group.label = model::kFoldedFrame;
  } else {
    group = DescribeFrame(profile, profile.frames[point.frames[site.position]], by);
  }
  group.kind = site.kind;
  return group;
}

std::string GroupKey(const SiteGroup& group) {
  // With a line the module adds nothing: it may be known for one frame and not for another.
  const std::string place = group.line != 0 || group.module_path.empty()
                                ? absl::StrCat(group.file, "\n", group.line)
                                : group.module_path;
  return absl::StrCat(static_cast<int>(group.kind), "\n", group.label, "\n", group.function, "\n",
                      place, "\n", group.address);
}

std::vector<SiteGroup> GroupPoints(const model::Profile& profile, const SiteFinder& finder,
                                   GroupBy by) {
  std::vector<SiteGroup> groups;
  absl::flat_hash_map<std::string, size_t> by_key;
  // Many points have one site, and to describe it takes long.
  absl::flat_hash_map<std::tuple<SiteKind, absl::string_view, uint32_t>, size_t> by_site;
  const ThreadStartFinder thread_starts(profile, finder);
  for (size_t i = 0; i < profile.points.size(); ++i) {
    const model::Point& point = profile.points[i];
    const Site site =
        by == GroupBy::kThread ? thread_starts.FindThreadStart(point) : finder.FindSite(point);
    const uint32_t frame = site.position == kNoFrame ? 0 : point.frames[site.position];
    const auto [known, is_new_site] = by_site.try_emplace({site.kind, site.label, frame}, 0);
    if (is_new_site) {
      SiteGroup described = DescribeSite(profile, point, site, by);
      const auto [entry, is_new] = by_key.emplace(GroupKey(described), groups.size());
      if (is_new) groups.push_back(std::move(described));
      known->second = entry->second;
    }
    SiteGroup& group = groups[known->second];
    model::AddCounters(point.counters, &group.counters);
    group.points.push_back(static_cast<uint32_t>(i));
  }
  return groups;
}

Totals SumTotals(const std::vector<SiteGroup>& groups) {
  Totals totals;
  for (const SiteGroup& group : groups) {
    model::AddCounters(group.counters, &totals.all);
    if (group.kind == SiteKind::kRuntime) model::AddCounters(group.counters, &totals.runtime);
  }
  return totals;
}

uint64_t RankFigure(const model::Counters& counters, RankBy by) {
  switch (by) {
    case RankBy::kTotalBytes:
      return counters.total_bytes;
    case RankBy::kTotalBlocks:
    case RankBy::kShortLived:
      return counters.total_blocks;
    case RankBy::kPeakBytes:
      return counters.gmax_bytes;
    case RankBy::kPeakBlocks:
      return counters.gmax_blocks;
    case RankBy::kEndBytes:
      return counters.end_bytes;
    case RankBy::kEndBlocks:
      return counters.end_blocks;
    case RankBy::kTemporary:
      return counters.temporary_blocks;
    case RankBy::kMovedBytes:
      return counters.moved_bytes;
    case RankBy::kSlack:
      return counters.slack_bytes;
  }
  return 0;
}

Amount AmountOf(const model::Counters& c, RankBy by) {
  switch (by) {
    case RankBy::kTotalBytes:
    case RankBy::kTotalBlocks:
    case RankBy::kShortLived:
      return {c.total_bytes, c.total_blocks};
    case RankBy::kPeakBytes:
    case RankBy::kPeakBlocks:
      return {c.gmax_bytes, c.gmax_blocks};
    case RankBy::kEndBytes:
    case RankBy::kEndBlocks:
      return {c.end_bytes, c.end_blocks};
    case RankBy::kTemporary:
      return {c.temporary_bytes, c.temporary_blocks};
    case RankBy::kMovedBytes:
      return {c.moved_bytes, model::SaturatingAdd(c.moved_resizes, c.settled_resizes)};
    case RankBy::kSlack:
      return {c.slack_bytes, c.total_blocks};
  }
  return {};
}

uint32_t HeaviestPoint(const model::Profile& profile, const SiteGroup& group, RankBy by) {
  uint32_t heaviest = group.points.front();
  for (const uint32_t point : group.points) {
    if (RankFigure(profile.points[point].counters, by) >
        RankFigure(profile.points[heaviest].counters, by)) {
      heaviest = point;
    }
  }
  return heaviest;
}

uint64_t RankWhole(const model::Counters& totals, RankBy by) {
  return by == RankBy::kTemporary ? totals.total_blocks : RankFigure(totals, by);
}

double AverageOf(uint64_t sum, uint64_t blocks) {
  return blocks == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(blocks);
}

bool IsShortLived(const model::Profile& profile, const model::Counters& counters) {
  return profile.has_lifetime_sums && counters.total_blocks > 0 &&
         AverageOf(counters.lifetime, counters.total_blocks) <=
             static_cast<double>(profile.short_lived_threshold);
}

std::vector<size_t> RankSites(const model::Profile& profile, const std::vector<SiteGroup>& groups,
                              RankBy by) {
  struct Ranked {
    uint64_t figure, total_bytes;
    size_t group;
  };
  std::vector<Ranked> ranked;
  for (size_t i = 0; i < groups.size(); ++i) {
    const model::Counters& counters = groups[i].counters;
    if (RankFigure(counters, by) == 0) continue;
    if (by == RankBy::kShortLived && !IsShortLived(profile, counters)) continue;
    ranked.push_back({RankFigure(counters, by), counters.total_bytes, i});
  }
  std::sort(ranked.begin(), ranked.end(), [&](const Ranked& a, const Ranked& b) {
    if (a.figure != b.figure) return a.figure > b.figure;
    if (a.total_bytes != b.total_bytes) return a.total_bytes > b.total_bytes;
    return NameOrder(groups[a.group]) < NameOrder(groups[b.group]);
  });
  std::vector<size_t> order;
  order.reserve(ranked.size());
  for (const Ranked& entry : ranked) order.push_back(entry.group);
  return order;
}

}  // namespace memshim::analyzer::metrics
