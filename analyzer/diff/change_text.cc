// See change_text.h.
#include "analyzer/diff/change_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "analyzer/render/format.h"

namespace memshim::analyzer::diff {
namespace {

using metrics::RankBy;

absl::string_view WhatIsCompared(RankBy by) {
  switch (by) {
    case RankBy::kTotalBytes:
    case RankBy::kTotalBlocks:
      return "Over the whole run";
    case RankBy::kPeakBytes:
    case RankBy::kPeakBlocks:
      return "Live at the peak";
    case RankBy::kEndBytes:
    case RankBy::kEndBlocks:
      return "Live at the end";
    case RankBy::kShortLived:
      return "Of sites with short lives";
    case RankBy::kTemporary:
      return "Freed before the next allocation";
    case RankBy::kMovedBytes:
      return "Brought along by resizes";
    case RankBy::kSlack:
      return "Slack: usable, not asked for";
  }
  return "";
}

absl::string_view Sign(uint64_t before, uint64_t after) {
  return after > before ? "+" : after < before ? "-" : "";
}

}  // namespace

std::string FigureTitle(const Comparison& comparison) {
  return absl::StrCat(
      WhatIsCompared(comparison.by), ", in ",
      RanksBytes(comparison.by) ? render::CleanText(comparison.bytes_unit) : "blocks");
}

absl::string_view ChangeTitle(Change change) {
  switch (change) {
    case Change::kAppeared:
      return "Appeared";
    case Change::kGrew:
      return "Grew";
    case Change::kShrank:
      return "Shrank";
    case Change::kGone:
      return "Gone";
  }
  return "";
}

ChangeText::ChangeText(const Comparison& comparison, bool unicode)
    : comparison_(comparison),
      unicode_(unicode),
      site_kind_(RanksBytes(comparison.by) ? FigureKind::kBytes : FigureKind::kCount) {}

std::string ChangeText::Amount(FigureKind kind, uint64_t amount) const {
  const double number = static_cast<double>(amount);
  switch (kind) {
    case FigureKind::kBytes:
      return comparison_.bytes_unit == "bytes" ? render::FormatBytes(number)
                                               : render::FormatQuantity(number);
    case FigureKind::kCount:
      return render::FormatCount(amount);
    case FigureKind::kTime:
      return render::CleanText(render::FormatTime(number, comparison_.time_unit, unicode_));
  }
  return "";
}

std::string ChangeText::Signed(FigureKind kind, uint64_t before, uint64_t after) const {
  return absl::StrCat(Sign(before, after), Amount(kind, Difference(before, after)));
}

std::string ChangeText::SmallChangesLine() const {
  const SmallChanges& small = comparison_.small;
  std::string line;
  if (small.sites > 0) {
    line = absl::StrCat(render::Counted(small.sites, "call site", "call sites"),
                        " changed by less than ", Amount(site_kind_, comparison_.least),
                        small.sites > 1 ? " each: +" : ": +", Amount(site_kind_, small.grown),
                        ", -", Amount(site_kind_, small.shrunk), "; ");
  }
  const uint64_t same = comparison_.unchanged_sites;
  return absl::StrCat(line,
                      small.sites > 0 ? render::FormatExact(same)
                                      : render::Counted(same, "call site", "call sites"),
                      " did not change.");
}

std::string SignedShare(uint64_t before, uint64_t after, uint64_t whole) {
  if (before == after) return "0%";
  if (whole == 0) return "-";
  const double percent =
      100.0 * static_cast<double>(Difference(before, after)) / static_cast<double>(whole);
  const absl::string_view sign = Sign(before, after);
  if (percent < 0.05) return absl::StrCat(sign, "<0.1%");
  if (percent < 99.95) return absl::StrFormat("%s%.1f%%", sign, percent);
  if (percent < 9999.5) return absl::StrFormat("%s%.0f%%", sign, percent);
  return absl::StrCat(">", sign, "9999%");
}

}  // namespace memshim::analyzer::diff
