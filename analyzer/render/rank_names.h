// The names of rankings and groupings, as --sort and --by take them and the JSON report gives them.
#ifndef MEMSHIM_ANALYZER_RENDER_RANK_NAMES_H_
#define MEMSHIM_ANALYZER_RENDER_RANK_NAMES_H_

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analyzer/metrics/site_groups.h"

namespace memshim::analyzer::render {

struct RankName {
  metrics::RankBy by;
  absl::string_view name;
};
inline constexpr RankName kRankNames[] = {
    {metrics::RankBy::kTotalBytes, "total-bytes"}, {metrics::RankBy::kTotalBlocks, "total-blocks"},
    {metrics::RankBy::kPeakBytes, "peak"},         {metrics::RankBy::kPeakBlocks, "peak-blocks"},
    {metrics::RankBy::kEndBytes, "end"},           {metrics::RankBy::kEndBlocks, "end-blocks"},
    {metrics::RankBy::kShortLived, "short-lived"}, {metrics::RankBy::kTemporary, "temporary"},
    {metrics::RankBy::kMovedBytes, "resizes"},     {metrics::RankBy::kSlack, "slack"},
};

struct GroupName {
  metrics::GroupBy by;
  absl::string_view name;
};
inline constexpr GroupName kGroupNames[] = {
    {metrics::GroupBy::kSite, "site"},     {metrics::GroupBy::kFunction, "function"},
    {metrics::GroupBy::kFile, "file"},     {metrics::GroupBy::kModule, "module"},
    {metrics::GroupBy::kThread, "thread"},
};

// Other names: pprof's, and what people try.
inline constexpr RankName kOtherRankNames[] = {
    {metrics::RankBy::kPeakBytes, "peak-bytes"},
    {metrics::RankBy::kEndBytes, "end-bytes"},
    {metrics::RankBy::kEndBytes, "leaks"},
    {metrics::RankBy::kTotalBytes, "alloc_space"},
    {metrics::RankBy::kTotalBlocks, "alloc_objects"},
    {metrics::RankBy::kEndBytes, "inuse_space"},
    {metrics::RankBy::kEndBlocks, "inuse_objects"},
};

inline std::optional<metrics::RankBy> RankByName(absl::string_view name) {
  for (const RankName& known : kRankNames) {
    if (known.name == name) return known.by;
  }
  for (const RankName& known : kOtherRankNames) {
    if (known.name == name) return known.by;
  }
  return std::nullopt;
}

// "total-bytes, ... or slack", for messages.
inline std::string RankNamesText() {
  std::string text;
  for (const RankName& known : kRankNames) {
    const bool is_last = &known == std::end(kRankNames) - 1;
    absl::StrAppend(&text, text.empty() ? "" : is_last ? " or " : ", ", known.name);
  }
  return text;
}

// "user", "runtime", "folded", "unknown".
inline absl::string_view SiteKindName(metrics::SiteKind kind) {
  constexpr absl::string_view kNames[] = {"user", "runtime", "folded", "unknown"};
  return kNames[static_cast<size_t>(kind)];
}

inline absl::string_view NameOf(metrics::RankBy by) {
  for (const RankName& known : kRankNames) {
    if (known.by == by) return known.name;
  }
  return "";
}

inline absl::string_view NameOf(metrics::GroupBy by) {
  for (const GroupName& known : kGroupNames) {
    if (known.by == by) return known.name;
  }
  return "";
}

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_RANK_NAMES_H_
