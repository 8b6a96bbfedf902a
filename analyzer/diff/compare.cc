// See compare.h.
#include "analyzer/diff/compare.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "analyzer/diff/match_sites.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::diff {
namespace {

using metrics::RankBy;
using metrics::SiteGroup;

uint64_t FigureOf(const model::Profile& profile, const std::optional<SiteGroup>& site, RankBy by) {
  if (!site.has_value()) return 0;
  if (by == RankBy::kShortLived && !metrics::IsShortLived(profile, site->counters)) return 0;
  return metrics::RankFigure(site->counters, by);
}

struct RunTotals {
  model::Counters all;
  model::Counters runtime;
};

void AddTo(const std::optional<SiteGroup>& site, RunTotals* totals) {
  if (!site.has_value()) return;
  model::AddCounters(site->counters, &totals->all);
  if (site->kind == metrics::SiteKind::kRuntime) {
    model::AddCounters(site->counters, &totals->runtime);
  }
}

std::vector<TotalChange> CompareTotals(const model::Profile& before, const model::Profile& after,
                                       const RunTotals& b, const RunTotals& a) {
  constexpr FigureKind kBytes = FigureKind::kBytes, kCount = FigureKind::kCount;
  std::vector<TotalChange> totals = {
      {"totalBytes", absl::StrCat("Total ", after.bytes_unit), kBytes, b.all.total_bytes,
       a.all.total_bytes},
      {"totalBlocks", absl::StrCat("Total ", after.blocks_unit), kCount, b.all.total_blocks,
       a.all.total_blocks},
  };
  if (before.has_lifetimes && after.has_lifetimes) {
    totals.insert(
        totals.end(),
        {{"gmaxBytes", "Bytes at the peak", kBytes, b.all.gmax_bytes, a.all.gmax_bytes},
         {"gmaxBlocks", "Blocks at the peak", kCount, b.all.gmax_blocks, a.all.gmax_blocks},
         {"endBytes", "Your bytes at the end", kBytes, b.all.end_bytes - b.runtime.end_bytes,
          a.all.end_bytes - a.runtime.end_bytes},
         {"endBlocks", "Your blocks at the end", kCount, b.all.end_blocks - b.runtime.end_blocks,
          a.all.end_blocks - a.runtime.end_blocks}});
  }
  if (before.is_ours && after.is_ours) {
    totals.push_back({"temporaryBlocks", "Temporary blocks", kCount, b.all.temporary_blocks,
                      a.all.temporary_blocks});
  }
  if (before.peak_rss_bytes.has_value() && after.peak_rss_bytes.has_value()) {
    totals.push_back({"peakRssBytes", "Peak RSS, with memshim's", kBytes, *before.peak_rss_bytes,
                      *after.peak_rss_bytes});
  }
  if (before.time_unit == after.time_unit) {
    const bool is_time = before.time_unit == "µs";
    // valgrind's "instrs" behind each figure would leave no room between them.
    totals.push_back({"tEnd", is_time ? "Run time" : absl::StrCat("Run time in ", before.time_unit),
                      is_time ? FigureKind::kTime : kCount, before.t_end, after.t_end});
  }
  return totals;
}

std::string Percent(uint64_t part, uint64_t whole) {
  return absl::StrFormat("%.1f%%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

void AddRemarks(const model::Profile& profile, absl::string_view name, const RunTotals& totals,
                const Threshold& threshold, std::vector<std::string>* remarks) {
  const double whole = static_cast<double>(totals.all.total_bytes);
  if (static_cast<double>(profile.folded_bytes) > threshold.share * whole) {
    remarks->push_back(absl::StrCat(Percent(profile.folded_bytes, totals.all.total_bytes), " of ",
                                    name,
                                    "'s total stands at callers to keep the file small, where "
                                    "sites may match less well: record ",
                                    "with fold=off for all of them."));
  }
  for (const model::Loss& loss : profile.losses) {
    remarks->push_back(absl::StrCat(name, " is incomplete: ", loss.count, " ", loss.what, "."));
  }
  if (profile.ending == model::Ending::kRunning) {
    remarks->push_back(absl::StrCat(name, " is of a process that had not ended."));
  }
  if (profile.merged_profiles > 0) {
    remarks->push_back(absl::StrCat(name, " is the sum of ", profile.merged_profiles,
                                    " profiles: its peak is the sum of their peaks."));
  }
}

Change ChangeOf(uint64_t before, uint64_t after) {
  if (before == 0) return Change::kAppeared;
  if (after == 0) return Change::kGone;
  return after > before ? Change::kGrew : Change::kShrank;
}

auto NameOrder(const SiteGroup& site) {
  return std::tie(site.function, site.file, site.module_path, site.module_offset, site.label);
}

}  // namespace

bool RanksBytes(RankBy by) {
  return by == RankBy::kTotalBytes || by == RankBy::kPeakBytes || by == RankBy::kEndBytes ||
         by == RankBy::kMovedBytes || by == RankBy::kSlack;
}

absl::Status CheckComparable(const model::Profile& before, const model::Profile& after, RankBy by) {
  if (before.bytes_unit != after.bytes_unit) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected two profiles that count the same, found one in ", before.bytes_unit,
                     " and one in ", after.bytes_unit));
  }
  for (const auto& [profile, name] : {std::pair(&before, "OLD"), std::pair(&after, "NEW")}) {
    const bool has_peak_and_end = profile->has_lifetimes;
    const bool needs_nothing = by == RankBy::kTotalBytes || by == RankBy::kTotalBlocks;
    const bool has_it = by == RankBy::kTemporary                            ? profile->is_ours
                        : by == RankBy::kMovedBytes || by == RankBy::kSlack ? profile->has_details
                        : by == RankBy::kShortLived ? profile->has_lifetime_sums
                                                    : has_peak_and_end;
    if (needs_nothing || has_it) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(name, " has no figures of that kind; compare by --sort=total-bytes"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Comparison> Compare(const model::Profile& before, const model::Profile& after,
                                   RankBy by, const Threshold& threshold) {
  if (absl::Status status = CheckComparable(before, after, by); !status.ok()) return status;
  std::vector<SitePair> pairs = MatchSites(before, after);
  RunTotals totals_before, totals_after;
  for (const SitePair& pair : pairs) {
    AddTo(pair.before, &totals_before);
    AddTo(pair.after, &totals_after);
  }
  Comparison result;
  result.command_before = before.command;
  result.command_after = after.command;
  result.bytes_unit = after.bytes_unit;
  result.time_unit = after.time_unit;
  result.by = by;
  result.whole_before = metrics::RankWhole(totals_before.all, by);
  result.whole_after = metrics::RankWhole(totals_after.all, by);
  const double whole = static_cast<double>(std::max(result.whole_before, result.whole_after));
  // What is not even one unit is no change at all.
  result.least =
      std::max({uint64_t{1}, threshold.amount,
                static_cast<uint64_t>(std::ceil(std::min(threshold.share * whole, 1e18)))});
  result.totals = CompareTotals(before, after, totals_before, totals_after);
  AddRemarks(before, "OLD", totals_before, threshold, &result.remarks);
  AddRemarks(after, "NEW", totals_after, threshold, &result.remarks);
  for (SitePair& pair : pairs) {
    const uint64_t old_figure = FigureOf(before, pair.before, by);
    const uint64_t new_figure = FigureOf(after, pair.after, by);
    if (old_figure == new_figure) {
      result.unchanged_sites += old_figure != 0 ? 1 : 0;
      continue;
    }
    const uint64_t difference = Difference(old_figure, new_figure);
    if (difference < result.least) {
      ++result.small.sites;
      uint64_t& sum = new_figure > old_figure ? result.small.grown : result.small.shrunk;
      sum = model::SaturatingAdd(sum, difference);
      continue;
    }
    SiteChange change;
    change.change = ChangeOf(old_figure, new_figure);
    change.before = old_figure;
    change.after = new_figure;
    if (pair.before.has_value()) change.before_counters = pair.before->counters;
    if (pair.after.has_value()) change.after_counters = pair.after->counters;
    // A site that is still there is called as NEW calls it.
    change.site = pair.after.has_value() ? *std::move(pair.after) : *std::move(pair.before);
    result.sites.push_back(std::move(change));
  }
  std::sort(result.sites.begin(), result.sites.end(), [](const SiteChange& x, const SiteChange& y) {
    const uint64_t dx = Difference(x.before, x.after), dy = Difference(y.before, y.after);
    if (dx != dy) return dx > dy;
    return NameOrder(x.site) < NameOrder(y.site);
  });
  return result;
}

}  // namespace memshim::analyzer::diff
