// See measure.h.
#include "analyzer/check/measure.h"

#include <algorithm>

#include "analyzer/model/counters.h"

namespace memshim::analyzer::check {
namespace {

using model::Counters;
using model::SaturatingAdd;

uint64_t Millionths(uint64_t part, uint64_t whole) {
  if (whole == 0) return 0;
  // Rounded up, so that what is above a limit is not shown as equal to it.
  const auto wide = static_cast<unsigned __int128>(part) * 1000000;
  return static_cast<uint64_t>((wide + whole - 1) / whole);
}

bool AnyFrame(const std::vector<uint32_t>& stack, const std::vector<bool>& matches) {
  return std::any_of(stack.begin(), stack.end(), [&](uint32_t frame) { return matches[frame]; });
}

}  // namespace

Measurement::Measurement(const model::Profile& profile,
                         const std::vector<Suppression>& suppressions)
    : profile_(profile),
      sites_(metrics::GroupBySite(profile, metrics::SiteFinder(profile))),
      is_leak_(profile.points.size(), true),
      suppressed_(suppressions.size()) {
  for (const metrics::SiteGroup& site : sites_) {
    if (site.kind != metrics::SiteKind::kRuntime) continue;
    for (const uint32_t point : site.points) is_leak_[point] = false;
  }
  ApplySuppressions(suppressions);
}

void Measurement::ApplySuppressions(const std::vector<Suppression>& suppressions) {
  for (size_t i = 0; i < suppressions.size(); ++i) {
    const std::vector<bool> matches = MatchingFrames(profile_, suppressions[i].pattern);
    for (size_t point = 0; point < profile_.points.size(); ++point) {
      const model::Point& at = profile_.points[point];
      if (!is_leak_[point] || at.counters.end_blocks == 0 || !AnyFrame(at.frames, matches))
        continue;
      is_leak_[point] = false;
      suppressed_[i].bytes = SaturatingAdd(suppressed_[i].bytes, at.counters.end_bytes);
      suppressed_[i].blocks = SaturatingAdd(suppressed_[i].blocks, at.counters.end_blocks);
    }
  }
}

Selection Measurement::Select(const Scope& scope) const {
  Selection selection = {std::vector<bool>(profile_.points.size(), scope.kind == Scope::Kind::kRun),
                         scope.kind != Scope::Kind::kRun};
  if (scope.kind == Scope::Kind::kSite) {
    for (const metrics::SiteGroup& site : sites_) {
      if (!scope.pattern.Matches({site.function, site.file, site.module_path})) continue;
      for (const uint32_t point : site.points) selection.points[point] = true;
      selection.is_empty = false;
    }
  } else if (scope.kind == Scope::Kind::kFunction) {
    const std::vector<bool> matches = MatchingFrames(profile_, scope.pattern);
    for (size_t point = 0; point < profile_.points.size(); ++point) {
      if (!AnyFrame(profile_.points[point].frames, matches)) continue;
      selection.points[point] = true;
      selection.is_empty = false;
    }
  }
  return selection;
}

std::string Measurement::WhyUnknown(BudgetKind kind) const {
  switch (kind) {
    case BudgetKind::kTotal:
    case BudgetKind::kTotalBlocks:
      return "";
    case BudgetKind::kPeak:
    case BudgetKind::kPeakBlocks:
    case BudgetKind::kLeaked:
    case BudgetKind::kLeakedBlocks:
      return profile_.has_lifetimes ? "" : "the file tells nothing about the peak and the end";
    case BudgetKind::kRss:
      return profile_.peak_rss_bytes.has_value() ? "" : "the file does not tell the peak RSS";
    case BudgetKind::kTemporary:
      return profile_.is_ours ? "" : "only profiles of memshim tell temporary blocks";
  }
  return "";
}

uint64_t Measurement::PointFigure(BudgetKind kind, size_t point) const {
  const Counters& counters = profile_.points[point].counters;
  switch (kind) {
    case BudgetKind::kPeak:
      return counters.gmax_bytes;
    case BudgetKind::kPeakBlocks:
      return counters.gmax_blocks;
    case BudgetKind::kTotal:
      return counters.total_bytes;
    case BudgetKind::kTotalBlocks:
      return counters.total_blocks;
    case BudgetKind::kLeaked:
      return is_leak_[point] ? counters.end_bytes : 0;
    case BudgetKind::kLeakedBlocks:
      return is_leak_[point] ? counters.end_blocks : 0;
    case BudgetKind::kTemporary:
      return counters.temporary_blocks;
    case BudgetKind::kRss:
      return 0;
  }
  return 0;
}

uint64_t Measurement::Figure(BudgetKind kind, const Selection& selection) const {
  if (kind == BudgetKind::kRss) return profile_.peak_rss_bytes.value_or(0);
  uint64_t sum = 0, whole = 0;
  for (size_t point = 0; point < profile_.points.size(); ++point) {
    if (!selection.points[point]) continue;
    sum = SaturatingAdd(sum, PointFigure(kind, point));
    whole = SaturatingAdd(whole, profile_.points[point].counters.total_blocks);
  }
  return kind == BudgetKind::kTemporary ? Millionths(sum, whole) : sum;
}

std::vector<uint64_t> Measurement::SiteFigures(BudgetKind kind, const Selection& selection) const {
  std::vector<uint64_t> figures;
  for (const metrics::SiteGroup& site : sites_) {
    uint64_t sum = 0;
    for (const uint32_t point : site.points) {
      if (selection.points[point]) sum = SaturatingAdd(sum, PointFigure(kind, point));
    }
    figures.push_back(sum);
  }
  return figures;
}

}  // namespace memshim::analyzer::check
