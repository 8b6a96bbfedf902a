// See rank_name.h.
#include "analyzer/metrics/rank_name.h"

namespace memshim::analyzer::metrics {
namespace {

constexpr NamedRank kNamedRanks[] = {
    {"total-bytes", RankBy::kTotalBytes}, {"total-blocks", RankBy::kTotalBlocks},
    {"peak", RankBy::kPeakBytes},         {"peak-blocks", RankBy::kPeakBlocks},
    {"end", RankBy::kEndBytes},           {"end-blocks", RankBy::kEndBlocks},
    {"short-lived", RankBy::kShortLived}, {"temporary", RankBy::kTemporary},
};

// The names with underscores are pprof's: users of other heap profilers know them.
constexpr NamedRank kOtherNames[] = {
    {"alloc_space", RankBy::kTotalBytes},  {"alloc_objects", RankBy::kTotalBlocks},
    {"peak-bytes", RankBy::kPeakBytes},    {"end-bytes", RankBy::kEndBytes},
    {"leaks", RankBy::kEndBytes},          {"inuse_space", RankBy::kEndBytes},
    {"inuse_objects", RankBy::kEndBlocks},
};

}  // namespace

absl::Span<const NamedRank> NamedRanks() { return kNamedRanks; }

absl::string_view RankName(RankBy by) {
  for (const NamedRank& rank : kNamedRanks) {
    if (rank.by == by) return rank.name;
  }
  return "";
}

std::optional<RankBy> RankByName(absl::string_view name) {
  for (const absl::Span<const NamedRank> names : {NamedRanks(), absl::MakeSpan(kOtherNames)}) {
    for (const NamedRank& rank : names) {
      if (rank.name == name) return rank.by;
    }
  }
  return std::nullopt;
}

absl::string_view SiteKindName(SiteKind kind) {
  switch (kind) {
    case SiteKind::kUser:
      return "user";
    case SiteKind::kRuntime:
      return "runtime";
    case SiteKind::kFolded:
      return "folded";
    case SiteKind::kUnknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace memshim::analyzer::metrics
