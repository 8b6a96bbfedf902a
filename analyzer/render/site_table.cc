// See site_table.h.
#include "analyzer/render/site_table.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "analyzer/render/amounts.h"
#include "analyzer/render/format.h"
#include "analyzer/render/histogram.h"
#include "analyzer/render/names.h"
#include "analyzer/render/sparkline.h"

namespace memshim::analyzer::render {
namespace {

using metrics::RankBy;

// Bytes, share, blocks, the average, and what the ranking adds. On a narrow screen the average
// gives way: it follows from the others.
constexpr size_t kWidths[] = {10, 7, 10, 10, 10};
constexpr size_t kAverage = 3;
constexpr size_t kNarrowColumns = 96;
constexpr size_t kIndent = 2;
constexpr size_t kHistoryColumns = 9;

bool IsAtTheEnd(RankBy by) { return by == RankBy::kEndBytes || by == RankBy::kEndBlocks; }

}  // namespace

bool SiteTable::is_narrow() const { return options_.columns < kNarrowColumns; }

size_t SiteTable::NameColumns() const {
  size_t numbers = 0;
  for (size_t i = 0; i < std::size(kWidths); ++i) {
    if (!(is_narrow() && i == kAverage)) numbers += kWidths[i];
  }
  return options_.columns - numbers;
}

std::string SiteTable::Columns(std::vector<std::string> cells) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (is_narrow() && i == kAverage) continue;
    // One column is the gap to the one before.
    absl::StrAppend(&line, PadLeft(FitEnd(cells[i], kWidths[i] - 1), kWidths[i]));
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::vector<std::string> SiteTable::Titles(RankBy by) const {
  const std::string bytes = CountsBytes(profile_) ? "bytes" : CleanText(profile_.bytes_unit);
  const std::string blocks = CleanText(profile_.blocks_unit);
  if (by == RankBy::kMovedBytes) return {"moved", "share", "resizes", "in place", "per block"};
  if (by == RankBy::kSlack) return {"slack", "share", blocks, "avg slack", "of asked"};
  std::vector<std::string> titles = {bytes, "share", blocks, "avg size"};
  if (IsAtTheEnd(by) && !profile_.moments.empty()) {
    titles.emplace_back("over time");
  } else if (profile_.has_lifetime_sums) {
    titles.emplace_back("avg life");
  }
  return titles;
}

std::vector<std::string> SiteTable::Numbers(RankBy by, const model::Counters& counters,
                                            const metrics::Amount& amount,
                                            const std::string& share) const {
  const double bytes = static_cast<double>(amount.bytes);
  std::vector<std::string> cells = {FormatSize(profile_, bytes), share,
                                    amount.blocks == 0 ? "-" : FormatCount(amount.blocks)};
  if (by == RankBy::kMovedBytes) {
    const uint64_t born = counters.total_blocks - std::min(counters.total_blocks, amount.blocks);
    cells.push_back(FormatShare(counters.settled_resizes, amount.blocks));
    cells.push_back(born == 0 ? "-"
                              : absl::StrFormat("%.1f", metrics::AverageOf(amount.blocks, born)));
    return cells;
  }
  cells.push_back(amount.blocks == 0
                      ? "-"
                      : FormatSize(profile_, metrics::AverageOf(amount.bytes, amount.blocks)));
  if (by == RankBy::kSlack) {
    cells.push_back(FormatRatio(counters.slack_bytes, counters.total_bytes));
  } else if (IsAtTheEnd(by) && !profile_.moments.empty()) {
    cells.push_back(
        Bars(metrics::HistoryOf(profile_, counters), kHistoryColumns, options_.unicode));
  } else if (profile_.has_lifetime_sums) {
    const double life = metrics::AverageOf(counters.lifetime, counters.total_blocks);
    cells.push_back(profile_.time_unit == "µs" ? FormatMicroseconds(life, options_.unicode)
                                               : FormatQuantity(life));
  }
  return cells;
}

std::string SiteTable::Heading(absl::string_view title, RankBy by) const {
  const size_t width = NameColumns();
  return absl::StrCat(style_.Heading(PadRight(FitEnd(title, width), width)),
                      style_.Faint(Columns(Titles(by))));
}

void SiteTable::AddHeading(absl::string_view title, RankBy by,
                           std::vector<std::string>* lines) const {
  const bool fits = DisplayWidth(title) < NameColumns();
  if (!fits) lines->push_back(style_.Heading(FitEnd(title, options_.columns)));
  lines->push_back(Heading(fits ? title : "", by));
}

void SiteTable::AddRow(size_t group, RankBy by, std::vector<std::string>* lines) const {
  const model::Counters& counters = findings_.groups[group].counters;
  AddRow(
      group, by, metrics::AmountOf(counters, by),
      FormatShare(metrics::RankFigure(counters, by), metrics::RankWhole(findings_.totals.all, by)),
      lines);
}

void SiteTable::AddRow(size_t group, RankBy by, const metrics::Amount& amount, uint64_t whole,
                       std::vector<std::string>* lines) const {
  AddRow(group, by, amount, FormatShare(amount.bytes, whole), lines);
}

void SiteTable::AddRow(size_t group_index, RankBy by, const metrics::Amount& amount,
                       const std::string& share, std::vector<std::string>* lines) const {
  const metrics::SiteGroup& group = findings_.groups[group_index];
  const std::string indent(kIndent, ' ');
  const std::string numbers = Columns(Numbers(by, group.counters, amount, share));
  const size_t width = NameColumns() - kIndent;
  const std::string name =
      SiteName(group, options_.full_names, options_.full_names ? kAnyWidth : width);
  if (DisplayWidth(name) <= width) {
    lines->push_back(absl::StrCat(indent, PadRight(name, width), numbers));
  } else {
    lines->push_back(absl::StrCat(indent, name));
    lines->push_back(absl::StrCat(std::string(NameColumns(), ' '), numbers));
  }
  if (options_.histograms) {
    for (const std::string& line : HistogramLines(profile_, group.counters, options_)) {
      lines->push_back(absl::StrCat(indent, indent, line));
    }
  }
  if (options_.depth > 0) AddStack(by, group, lines);
}

// The callers of the site, from the stack that counts most in this table.
void SiteTable::AddStack(RankBy by, const metrics::SiteGroup& group,
                         std::vector<std::string>* lines) const {
  const model::Point& point = profile_.points[metrics::HeaviestPoint(profile_, group, by)];
  const std::string indent(2 * kIndent, ' ');
  if (group.points.size() > 1) {
    lines->push_back(
        style_.Faint(FitEnd(absl::StrCat(indent, "called from ", FormatExact(group.points.size()),
                                         " places; the largest, with ",
                                         FormatShare(metrics::RankFigure(point.counters, by),
                                                     metrics::RankFigure(group.counters, by)),
                                         ":"),
                            options_.columns)));
  }
  const size_t position = finder_.FindSite(point).position;
  // Of a coarser group it is not clear which line the figures are of.
  const bool is_site_told = findings_.by == metrics::GroupBy::kSite;
  const size_t first = position == metrics::kNoFrame ? 0 : position + (is_site_told ? 1 : 0);
  const size_t last =
      std::min(point.frames.size(), first + std::min(options_.depth, point.frames.size()));
  const size_t width = options_.full_names ? kAnyWidth : options_.columns - 2 * kIndent - 3;
  for (size_t i = first; i < last; ++i) {
    const model::Frame& frame = profile_.frames[point.frames[i]];
    lines->push_back(style_.Faint(
        absl::StrCat(indent, "by ", FrameName(profile_, frame, options_.full_names, width))));
  }
}

}  // namespace memshim::analyzer::render
