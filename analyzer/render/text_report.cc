// See text_report.h.
#include "analyzer/render/text_report.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/render/format.h"
#include "analyzer/render/names.h"
#include "analyzer/render/style.h"
#include "analyzer/render/text_head.h"

namespace memshim::analyzer::render {
namespace {

using metrics::RankBy;
using metrics::SiteGroup;
using metrics::SiteKind;

constexpr size_t kScreenLines = 40;
constexpr size_t kMaxRowsOfItself = 10;  // a section never grows beyond it without --top
constexpr size_t kRowsWithStacks = 3;
constexpr size_t kMinRows = 3;         // shown although their shares are not worth it
constexpr size_t kNumberColumns = 47;  // " bytes" 10, share 7, blocks 10, two averages 10 each
constexpr size_t kNameColumns = kScreenColumns - kNumberColumns;
constexpr size_t kIndent = 2;
constexpr double kNotableShare = 0.001;

// Which figures a section shows for a site.
struct Figures {
  uint64_t bytes;
  uint64_t blocks;
};

Figures FiguresOf(const model::Counters& c, RankBy by) {
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
  }
  return {0, 0};
}

bool NeedsLifetimes(RankBy by) { return by != RankBy::kTotalBytes && by != RankBy::kTotalBlocks; }

struct Section {
  RankBy by;
  std::string title;
  std::vector<size_t> ranked;  // site groups
  size_t notable = 0;          // how many of them have a share worth a row of the short report
  size_t rows = 0;             // how many of them are shown
};

class Report {
 public:
  Report(const model::Profile& profile, const ReportOptions& options)
      : profile_(profile),
        options_(options),
        style_(options.use_color),
        finder_(profile),
        groups_(metrics::GroupBySite(profile, finder_)),
        totals_(metrics::SumTotals(groups_)) {}

  std::string Render();

 private:
  std::string Title(RankBy by) const;
  void AddSection(RankBy by);
  void ShareOutRows(size_t lines_left);
  void RenderSection(const Section& section);
  void RenderRow(const Section& section, const SiteGroup& group);
  void RenderStack(const Section& section, const SiteGroup& group);
  std::string Numbers(RankBy by, const SiteGroup& group) const;
  std::string ColumnTitles() const;
  std::string Footer() const;

  const model::Profile& profile_;
  const ReportOptions& options_;
  Style style_;
  metrics::SiteFinder finder_;
  std::vector<SiteGroup> groups_;
  metrics::Totals totals_;
  std::vector<Section> sections_;
  std::vector<std::string> remarks_;  // sections that have nothing to show
  std::vector<std::string> lines_;
};

std::string Report::Title(RankBy by) const {
  const std::string bytes = CountsBytes(profile_) ? "bytes" : CleanText(profile_.bytes_unit);
  const std::string blocks = CleanText(profile_.blocks_unit);
  switch (by) {
    case RankBy::kTotalBytes:
      return absl::StrCat("Most ", bytes, " over the whole run");
    case RankBy::kTotalBlocks:
      return absl::StrCat("Most ", blocks, " over the whole run");
    case RankBy::kPeakBytes:
      return "Live at the peak";
    case RankBy::kPeakBlocks:
      return "Live at the peak, by blocks";
    case RankBy::kEndBytes:
      return "Live at the end: leaks, or kept";
    case RankBy::kEndBlocks:
      return "Live at the end, by blocks";
    case RankBy::kShortLived:
      return absl::StrCat("Short-lived: at most ",
                          FormatTime(static_cast<double>(profile_.short_lived_threshold),
                                     profile_.time_unit, options_.unicode),
                          " on average");
    case RankBy::kTemporary:
      return "Temporary: freed before the next allocation";
  }
  return "";
}

void Report::AddSection(RankBy by) {
  if (NeedsLifetimes(by) && !profile_.has_lifetimes) return;
  if (by == RankBy::kShortLived && !profile_.has_lifetime_sums) return;
  Section section = {by, Title(by), metrics::RankSites(profile_, groups_, by), 0, 0};
  if (by == RankBy::kEndBytes || by == RankBy::kEndBlocks) {
    // The head says how much the runtime keeps; here stands only what somebody can free.
    const auto is_runtime = [&](size_t i) { return groups_[i].kind == SiteKind::kRuntime; };
    section.ranked.erase(std::remove_if(section.ranked.begin(), section.ranked.end(), is_runtime),
                         section.ranked.end());
    if (section.ranked.empty()) remarks_.push_back("Nothing of yours was live at the end.");
  } else if (by == RankBy::kShortLived && section.ranked.empty()) {
    remarks_.push_back(absl::StrCat("No call site makes blocks that live ",
                                    Title(by).substr(sizeof("Short-lived: ") - 1), "."));
  }
  if (section.ranked.empty()) return;
  for (size_t i : section.ranked) {
    const double figure = static_cast<double>(metrics::RankFigure(groups_[i].counters, by));
    const double all = static_cast<double>(metrics::RankWhole(totals_.all, by));
    section.notable += figure >= kNotableShare * all ? 1 : 0;
  }
  const bool is_everything_asked = options_.sort.has_value() || options_.top.has_value();
  if (by == RankBy::kTemporary && section.notable == 0 && !is_everything_asked) return;
  if (by == RankBy::kShortLived && section.notable == 0 && !is_everything_asked) {
    remarks_.push_back("No call site with short-lived blocks makes 0.1% of all blocks.");
    return;
  }
  section.notable = std::max(section.notable, std::min(section.ranked.size(), kMinRows));
  sections_.push_back(std::move(section));
}

// Deals rows to the sections in turn until the screen is full or nothing is left to show.
void Report::ShareOutRows(size_t lines_left) {
  const auto limit = [&](const Section& section) {
    const size_t all = section.ranked.size();
    if (options_.top.has_value()) return std::min(all, *options_.top);
    if (options_.sort.has_value()) return all;
    return std::min(section.notable, options_.depth > 0 ? kRowsWithStacks : kMaxRowsOfItself);
  };
  const bool is_bounded = !options_.top && !options_.sort && options_.depth == 0;
  bool has_grown = true;
  while (has_grown) {
    has_grown = false;
    for (Section& section : sections_) {
      if (section.rows >= limit(section) || (is_bounded && lines_left == 0)) continue;
      ++section.rows;
      lines_left -= is_bounded ? 1 : 0;
      has_grown = true;
    }
  }
}

std::string Report::ColumnTitles() const {
  const std::string bytes = CountsBytes(profile_) ? "bytes" : CleanText(profile_.bytes_unit);
  const std::string life = profile_.has_lifetime_sums ? "avg life" : "";
  return absl::StrCat(PadLeft(FitEnd(bytes, 9), 10), PadLeft("share", 7),
                      PadLeft(FitEnd(CleanText(profile_.blocks_unit), 9), 10),
                      PadLeft("avg size", 10), life.empty() ? "" : PadLeft(life, 10));
}

std::string Report::Numbers(RankBy by, const SiteGroup& group) const {
  const Figures figures = FiguresOf(group.counters, by);
  const std::string share =
      FormatShare(metrics::RankFigure(group.counters, by), metrics::RankWhole(totals_.all, by));
  const double average = metrics::AverageOf(figures.bytes, figures.blocks);
  std::string life;
  if (profile_.has_lifetime_sums) {
    const double lived = metrics::AverageOf(group.counters.lifetime, group.counters.total_blocks);
    life = profile_.time_unit == "µs" ? FormatMicroseconds(lived, options_.unicode)
                                      : FormatQuantity(lived);
  }
  return absl::StrCat(PadLeft(FormatSize(profile_, static_cast<double>(figures.bytes)), 10),
                      PadLeft(share, 7), PadLeft(FormatCount(figures.blocks), 10),
                      PadLeft(FormatSize(profile_, average), 10),
                      life.empty() ? "" : PadLeft(life, 10));
}

void Report::RenderRow(const Section& section, const SiteGroup& group) {
  const std::string indent(kIndent, ' ');
  const std::string numbers = Numbers(section.by, group);
  const size_t width = kNameColumns - kIndent;
  const std::string name =
      SiteName(group, options_.full_names, options_.full_names ? kAnyWidth : width);
  if (DisplayWidth(name) <= width) {
    lines_.push_back(absl::StrCat(indent, PadRight(name, width), numbers));
  } else {
    lines_.push_back(absl::StrCat(indent, name));
    lines_.push_back(absl::StrCat(std::string(kNameColumns, ' '), numbers));
  }
}

// The callers of the site, from the stack that counts most in this section.
void Report::RenderStack(const Section& section, const SiteGroup& group) {
  if (options_.depth == 0) return;
  uint32_t heaviest = group.points.front();
  for (uint32_t point : group.points) {
    const uint64_t figure = metrics::RankFigure(profile_.points[point].counters, section.by);
    const uint64_t best = metrics::RankFigure(profile_.points[heaviest].counters, section.by);
    if (figure > best) heaviest = point;
  }
  const model::Point& point = profile_.points[heaviest];
  const std::string indent(2 * kIndent, ' ');
  if (group.points.size() > 1) {
    lines_.push_back(style_.Faint(absl::StrCat(
        indent, "called from ", FormatExact(group.points.size()), " places; the largest, with ",
        FormatShare(metrics::RankFigure(point.counters, section.by),
                    metrics::RankFigure(group.counters, section.by)),
        ":")));
  }
  const size_t position = finder_.FindSite(point).position;
  const size_t first = position == metrics::kNoFrame ? 0 : position + 1;
  const size_t last =
      std::min(point.frames.size(), first + std::min(options_.depth, point.frames.size()));
  const size_t width = options_.full_names ? kAnyWidth : kScreenColumns - 2 * kIndent - 3;
  for (size_t i = first; i < last; ++i) {
    const model::Frame& frame = profile_.frames[point.frames[i]];
    lines_.push_back(style_.Faint(
        absl::StrCat(indent, "by ", FrameName(profile_, frame, options_.full_names, width))));
  }
}

void Report::RenderSection(const Section& section) {
  if (section.rows == 0) return;
  lines_.push_back("");
  std::string title = section.title;
  if (section.rows < section.ranked.size()) {
    absl::StrAppend(&title, " (", section.rows, " of ", FormatExact(section.ranked.size()), ")");
  }
  lines_.push_back(absl::StrCat(style_.Heading(PadRight(FitEnd(title, kNameColumns), kNameColumns)),
                                style_.Faint(ColumnTitles())));
  for (size_t i = 0; i < section.rows; ++i) {
    const SiteGroup& group = groups_[section.ranked[i]];
    RenderRow(section, group);
    RenderStack(section, group);
  }
}

std::string Report::Footer() const {
  const absl::string_view key = profile_.has_lifetimes ? "peak" : "total-bytes";
  return style_.Faint(absl::StrCat("Next: --sort=", key, " --depth=8 for stacks, --top=N, --help; ",
                                   "or open the file in DHAT's viewer"));
}

std::string Report::Render() {
  lines_ = HeadLines(profile_, totals_, options_);
  if (profile_.points.empty()) {
    lines_.push_back("Nothing was recorded.");
    return absl::StrCat(absl::StrJoin(lines_, "\n"), "\n");
  }
  if (options_.sort.has_value()) {
    AddSection(*options_.sort);
    if (sections_.empty() && remarks_.empty()) {
      remarks_.push_back("The file has no figures of that kind, or all of them are 0.");
    }
  } else {
    for (RankBy by : {RankBy::kTotalBytes, RankBy::kTotalBlocks, RankBy::kPeakBytes,
                      RankBy::kEndBytes, RankBy::kShortLived, RankBy::kTemporary}) {
      AddSection(by);
    }
  }
  constexpr size_t kTitleLines = 2;
  constexpr size_t kFooterLines = 2;
  const size_t fixed = lines_.size() + sections_.size() * kTitleLines + kFooterLines +
                       (remarks_.empty() ? 0 : remarks_.size() + 1);
  ShareOutRows(fixed < kScreenLines ? kScreenLines - fixed : 0);
  for (const Section& section : sections_) RenderSection(section);
  if (!remarks_.empty()) lines_.push_back("");
  lines_.insert(lines_.end(), remarks_.begin(), remarks_.end());
  lines_.push_back("");
  lines_.push_back(Footer());
  return absl::StrCat(absl::StrJoin(lines_, "\n"), "\n");
}

}  // namespace

std::string TextReport(const model::Profile& profile, const ReportOptions& options) {
  return Report(profile, options).Render();
}

}  // namespace memshim::analyzer::render
