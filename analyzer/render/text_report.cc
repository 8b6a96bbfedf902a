// See text_report.h.
#include "analyzer/render/text_report.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "analyzer/render/amounts.h"
#include "analyzer/render/footer.h"
#include "analyzer/render/format.h"
#include "analyzer/render/rank_names.h"
#include "analyzer/render/site_table.h"
#include "analyzer/render/text_head.h"

namespace memshim::analyzer::render {
namespace {

using metrics::RankBy;
using metrics::SiteKind;

constexpr size_t kMaxRowsOfItself = 10;  // a section never grows beyond it without --top
constexpr size_t kRowsWithMore = 3;      // of a section with stacks or histograms below each row
constexpr size_t kMinRows = 3;           // shown although their shares are not worth it
constexpr size_t kTitleLines = 2;
constexpr size_t kFooterLines = 2;
constexpr double kNotableShare = 0.001;

// What the first page has room for, most telling first.
constexpr RankBy kSections[] = {RankBy::kPeakBytes,   RankBy::kEndBytes,   RankBy::kTotalBytes,
                                RankBy::kTotalBlocks, RankBy::kShortLived, RankBy::kTemporary};

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
  Report(const model::Profile& profile, const metrics::Findings& findings,
         const ReportOptions& options)
      : profile_(profile),
        findings_(findings),
        options_(options),
        table_(profile, findings, options) {}

  std::string Render();

 private:
  std::string Title(RankBy by) const;
  void AddSection(RankBy by);
  void DropSections(size_t lines_left);
  void ShareOutRows(size_t lines_left);
  void RenderSection(const Section& section);
  bool IsBounded() const {
    return !options_.top && !options_.sort && options_.depth == 0 && !options_.histograms;
  }

  const model::Profile& profile_;
  const metrics::Findings& findings_;
  const ReportOptions& options_;
  SiteTable table_;
  std::vector<Section> sections_;
  std::vector<RankBy> dropped_;       // sections that the page has no room for
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
      return "Temporary: freed before the next request";
    case RankBy::kMovedBytes:
      return "Resizes: bytes that had to be moved";
    case RankBy::kSlack:
      return "Slack: usable beyond what was asked";
  }
  return "";
}

void Report::AddSection(RankBy by) {
  if (NeedsLifetimes(by) && !profile_.has_lifetimes) return;
  if (by == RankBy::kShortLived && !profile_.has_lifetime_sums) return;
  Section section = {by, Title(by), findings_.ranking(by), 0, 0};
  const bool is_all = !findings_.is_selection && findings_.min_share == 0;
  if (by == RankBy::kEndBytes || by == RankBy::kEndBlocks) {
    // The head says how much the runtime keeps; here stands only what somebody can free.
    std::erase_if(section.ranked,
                  [&](size_t i) { return findings_.groups[i].kind == SiteKind::kRuntime; });
    if (section.ranked.empty() && options_.sort && is_all) {
      remarks_.push_back("Nothing of yours was live at the end.");
    }
  } else if (by == RankBy::kShortLived && section.ranked.empty() && options_.sort == by && is_all) {
    remarks_.push_back(absl::StrCat("No call site makes blocks that live ",
                                    Title(by).substr(sizeof("Short-lived: ") - 1), "."));
  }
  if (section.ranked.empty()) return;
  for (size_t i : section.ranked) {
    const auto figure = static_cast<double>(metrics::RankFigure(findings_.groups[i].counters, by));
    const auto all = static_cast<double>(metrics::RankWhole(findings_.totals.all, by));
    section.notable += figure >= kNotableShare * all ? 1 : 0;
  }
  const bool is_minor = by == RankBy::kTemporary || by == RankBy::kShortLived;
  if (is_minor && section.notable == 0 && !options_.sort && !options_.top) return;
  section.notable = std::max(section.notable, std::min(section.ranked.size(), kMinRows));
  sections_.push_back(std::move(section));
}

// Leaves out the last sections until each of the others has room for a few rows.
void Report::DropSections(size_t lines_left) {
  if (!IsBounded()) return;
  const auto wanted = [&] {
    const size_t least_rows = options_.lines >= kRoomyLines ? kMinRows : kMinRows - 1;
    size_t lines = 0;
    for (const Section& section : sections_) {
      lines += kTitleLines + std::min(least_rows, section.notable);
    }
    return lines;
  };
  while (sections_.size() > 1 && wanted() > lines_left) {
    dropped_.insert(dropped_.begin(), sections_.back().by);
    sections_.pop_back();
  }
}

// Deals rows to the sections in turn until the screen is full or nothing is left to show.
void Report::ShareOutRows(size_t lines_left) {
  const bool has_more_below = options_.depth > 0 || options_.histograms;
  const auto limit = [&](const Section& section) {
    const size_t all = section.ranked.size();
    if (options_.top.has_value()) return std::min(all, *options_.top);
    if (options_.sort.has_value()) return all;
    return std::min(section.notable, has_more_below ? kRowsWithMore : kMaxRowsOfItself);
  };
  const bool is_bounded = IsBounded();
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

void Report::RenderSection(const Section& section) {
  if (section.rows == 0) return;
  lines_.push_back("");
  std::string title = section.title;
  if (section.rows < section.ranked.size()) {
    absl::StrAppend(&title, " (", section.rows, " of ", FormatExact(section.ranked.size()), ")");
  }
  lines_.push_back(table_.Heading(title, section.by));
  for (size_t i = 0; i < section.rows; ++i) table_.AddRow(section.ranked[i], section.by, &lines_);
}

std::string Report::Render() {
  lines_ = HeadLines(profile_, findings_, options_);
  if (profile_.points.empty()) {
    lines_.push_back(findings_.is_selection ? "No point of the profile is selected."
                                            : "Nothing was recorded.");
    return absl::StrCat(absl::StrJoin(lines_, "\n"), "\n");
  }
  if (options_.sort.has_value()) {
    AddSection(*options_.sort);
  } else {
    for (const RankBy by : kSections) AddSection(by);
  }
  if (sections_.empty() && remarks_.empty()) {
    if (findings_.min_share > 0) {
      remarks_.push_back("Nothing has the share that --min-pct asks for.");
    } else if (options_.sort.has_value()) {
      remarks_.push_back(findings_.is_selection
                             ? "Nothing that is selected has figures of that kind."
                             : "The file has no figures of that kind, or all of them are 0.");
    }
  }
  const bool is_roomy = options_.lines >= kRoomyLines;
  const size_t fixed = lines_.size() + kFooterLines + (is_roomy ? 1 : 0) +
                       (remarks_.empty() ? 0 : remarks_.size() + 1);
  const size_t room = fixed < options_.lines ? options_.lines - fixed : 0;
  DropSections(room);
  const size_t titles = sections_.size() * kTitleLines;
  ShareOutRows(titles < room ? room - titles : 0);
  for (const Section& section : sections_) RenderSection(section);
  if (!remarks_.empty()) lines_.push_back("");
  lines_.insert(lines_.end(), remarks_.begin(), remarks_.end());
  if (is_roomy) lines_.push_back("");
  AddFooter(profile_, findings_, options_, dropped_, &lines_);
  return absl::StrCat(absl::StrJoin(lines_, "\n"), "\n");
}

}  // namespace

std::string TextReport(const model::Profile& profile, const metrics::Findings& findings,
                       const ReportOptions& options) {
  return Report(profile, findings, options).Render();
}

}  // namespace memshim::analyzer::render
