// See markdown.h. Names stand in code spans: there nothing but the backtick and, in a table, the
// bar means anything, no "@user" is notified and no HTML is taken for it.
#include "analyzer/convert/markdown.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/counters.h"
#include "analyzer/render/format.h"
#include "analyzer/render/markdown.h"
#include "analyzer/render/names.h"

namespace memshim::analyzer::convert {
namespace {

using metrics::RankBy;
using model::Counters;
using render::MarkdownText;

struct Section {
  RankBy by;
  absl::string_view title;  // empty: of what the profile counts
  bool needs_lifetimes;
  uint64_t Counters::*bytes;
  uint64_t Counters::*blocks;
};
constexpr Section kSections[] = {
    {RankBy::kTotalBytes, "", false, &Counters::total_bytes, &Counters::total_blocks},
    {RankBy::kTotalBlocks, "", false, &Counters::total_bytes, &Counters::total_blocks},
    {RankBy::kPeakBytes, "Live at the peak", true, &Counters::gmax_bytes, &Counters::gmax_blocks},
    {RankBy::kEndBytes, "Live at the end", true, &Counters::end_bytes, &Counters::end_blocks},
};

std::string TitleOf(const Section& section, const model::Profile& profile) {
  if (!section.title.empty()) return std::string(section.title);
  return absl::StrCat(
      "Most ",
      MarkdownText(section.by == RankBy::kTotalBlocks ? profile.blocks_unit : profile.bytes_unit),
      " over the whole run");
}

std::string Row(absl::string_view name, const Counters& c, const Counters& whole,
                const Section& section, const model::Profile& profile) {
  const bool ranks_blocks = section.by == RankBy::kTotalBlocks;
  const auto ranked = ranks_blocks ? section.blocks : section.bytes;
  std::string row = absl::StrCat("| ", name, " | ", render::FormatExact(c.*section.bytes), " | ",
                                 render::FormatShare(c.*ranked, whole.*ranked), " | ",
                                 render::FormatExact(c.*section.blocks), " |");
  if (profile.has_lifetime_sums) {
    absl::StrAppend(&row, " ",
                    MarkdownText(render::FormatTime(metrics::AverageOf(c.lifetime, c.total_blocks),
                                                    profile.time_unit, /*unicode=*/true)),
                    " |");
  }
  return row + "\n";
}

std::string Table(const model::Profile& profile, const std::vector<metrics::SiteGroup>& groups,
                  const Counters& whole, const Section& section, size_t top) {
  const std::vector<size_t> ranked = metrics::RankSites(profile, groups, section.by);
  if (ranked.empty()) return "";
  std::string text = absl::StrCat(
      "\n### ", TitleOf(section, profile), "\n\n| call site | ", MarkdownText(profile.bytes_unit),
      " | share | ", MarkdownText(profile.blocks_unit), " |",
      profile.has_lifetime_sums ? " average life |" : "", "\n|:--|--:|--:|--:|",
      profile.has_lifetime_sums ? "--:|" : "", "\n");
  const size_t shown = std::min(top, ranked.size());
  for (size_t i = 0; i < shown; ++i) {
    const metrics::SiteGroup& group = groups[ranked[i]];
    const std::string name =
        render::MarkdownCellCode(render::SiteName(group, /*full_names=*/false, render::kAnyWidth));
    text += Row(name, group.counters, whole, section, profile);
  }
  if (shown < ranked.size()) {
    Counters others;
    for (size_t i = shown; i < ranked.size(); ++i) {
      model::AddCounters(groups[ranked[i]].counters, &others);
    }
    text +=
        Row(absl::StrCat("*", ranked.size() - shown, " more*"), others, whole, section, profile);
  }
  return text + Row("**all**", whole, whole, section, profile);
}

std::string Head(const model::Profile& profile, const Counters& all) {
  const bool counts_bytes = profile.bytes_unit == "bytes";
  const auto amount = [&](uint64_t bytes, uint64_t blocks) {
    const std::string exact =
        absl::StrCat(render::FormatExact(bytes), " ", MarkdownText(profile.bytes_unit));
    return absl::StrCat(
        counts_bytes
            ? absl::StrCat(render::FormatBytes(static_cast<double>(bytes)), " (", exact, ")")
            : exact,
        " in ", render::FormatExact(blocks), " ", MarkdownText(profile.blocks_unit));
  };
  const auto time = [&](uint64_t moment) {
    return MarkdownText(
        render::FormatTime(static_cast<double>(moment), profile.time_unit, /*unicode=*/true));
  };
  std::string text = absl::StrCat("## Heap profile\n\n", render::MarkdownCode(profile.command),
                                  "\n\n- Total: ", amount(all.total_bytes, all.total_blocks), "\n");
  if (profile.has_lifetimes) {
    absl::StrAppend(&text, "- At the peak: ", amount(all.gmax_bytes, all.gmax_blocks), ", at ",
                    time(profile.t_gmax), " of ", time(profile.t_end),
                    "\n- At the end: ", amount(all.end_bytes, all.end_blocks), "\n");
  }
  if (profile.peak_rss_bytes.has_value()) {
    absl::StrAppend(&text, "- Peak RSS: ",
                    render::FormatBytes(static_cast<double>(*profile.peak_rss_bytes)), "\n");
  }
  for (const model::Loss& loss : profile.losses) {
    absl::StrAppend(&text, "- Not recorded: ", render::FormatExact(loss.count), " ",
                    render::MarkdownCode(loss.what), "\n");
  }
  for (const std::string& note : profile.notes)
    absl::StrAppend(&text, "- ", render::MarkdownCode(note), "\n");
  return text;
}

}  // namespace

void WriteMarkdown(const model::Profile& profile, size_t top, dhat::ByteSink* sink) {
  const metrics::SiteFinder finder(profile);
  const std::vector<metrics::SiteGroup> groups = metrics::GroupBySite(profile, finder);
  const metrics::Totals totals = metrics::SumTotals(groups);
  sink->Write(Head(profile, totals.all));
  for (const Section& section : kSections) {
    if (section.needs_lifetimes && !profile.has_lifetimes) continue;
    sink->Write(Table(profile, groups, totals.all, section, top));
  }
}

}  // namespace memshim::analyzer::convert
