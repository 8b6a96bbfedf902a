// See text_diff.h.
#include "analyzer/diff/text_diff.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "analyzer/diff/change_text.h"
#include "analyzer/render/format.h"
#include "analyzer/render/names.h"
#include "analyzer/render/style.h"

namespace memshim::analyzer::diff {
namespace {

using render::FitEnd;
using render::PadLeft;
using render::PadRight;

constexpr size_t kScreenLines = 40;
constexpr size_t kMaxRows = 15;  // a section never grows beyond it without --top
constexpr size_t kAmountColumns = 10;
constexpr size_t kChangeColumns = 11;
constexpr size_t kPercentColumns = 9;
constexpr size_t kShareColumns = 8;
constexpr size_t kNumberColumns =
    2 * kAmountColumns + kChangeColumns + kPercentColumns + kShareColumns;
constexpr size_t kIndent = 2;
constexpr size_t kMaxRemarks = 4;

struct Section {
  Change change;
  std::vector<const SiteChange*> sites;
  size_t rows = 0;
};

class Diff {
 public:
  Diff(const Comparison& comparison, const DiffOptions& options)
      : comparison_(comparison),
        options_(options),
        name_columns_(options.columns - kNumberColumns),
        style_(options.use_color),
        text_(comparison, options.unicode) {}

  std::string Render();

 private:
  void AddHead();
  void AddTotals();
  void AddRemarks();
  void ShareOutRows(std::vector<Section>* sections) const;
  void AddSection(const Section& section);
  void AddRow(absl::string_view name, absl::string_view numbers);
  std::string Numbers(FigureKind kind, uint64_t before, uint64_t after,
                      absl::string_view share) const;

  const Comparison& comparison_;
  const DiffOptions& options_;
  const size_t name_columns_;
  render::Style style_;
  ChangeText text_;
  std::vector<std::string> lines_;
};

void Diff::AddHead() {
  const auto line = [&](absl::string_view name, const std::string& file,
                        const std::string& command) {
    const std::string known = command.empty() ? "" : absl::StrCat(": ", command);
    lines_.push_back(FitEnd(absl::StrCat(name, "  ", render::CleanText(absl::StrCat(file, known))),
                            options_.columns));
  };
  line("OLD", options_.old_file, comparison_.command_before);
  line("NEW", options_.new_file, comparison_.command_after);
}

std::string Diff::Numbers(FigureKind kind, uint64_t before, uint64_t after,
                          absl::string_view share) const {
  return absl::StrCat(PadLeft(text_.Amount(kind, before), kAmountColumns),
                      PadLeft(text_.Amount(kind, after), kAmountColumns),
                      PadLeft(text_.Signed(kind, before, after), kChangeColumns),
                      PadLeft(SignedShare(before, after, before), kPercentColumns),
                      share.empty() ? "" : PadLeft(share, kShareColumns));
}

std::string ColumnTitles(bool with_share) {
  return absl::StrCat(PadLeft("old", kAmountColumns), PadLeft("new", kAmountColumns),
                      PadLeft("change", kChangeColumns), PadLeft("in %", kPercentColumns),
                      with_share ? PadLeft("of all", kShareColumns) : "");
}

void Diff::AddTotals() {
  lines_.push_back("");
  lines_.push_back(absl::StrCat(style_.Heading(PadRight("Totals", name_columns_)),
                                style_.Faint(ColumnTitles(false))));
  for (const TotalChange& total : comparison_.totals) {
    AddRow(FitEnd(render::CleanText(total.title), options_.columns - kIndent),
           Numbers(total.kind, total.before, total.after, ""));
  }
}

void Diff::AddRemarks() {
  if (comparison_.remarks.empty()) return;
  lines_.push_back("");
  const size_t shown = std::min(comparison_.remarks.size(), kMaxRemarks);
  for (size_t i = 0; i < shown; ++i) {
    lines_.push_back(
        style_.Warning(FitEnd(render::CleanText(comparison_.remarks[i]), options_.columns)));
  }
  if (shown < comparison_.remarks.size()) {
    lines_.push_back(style_.Warning(
        absl::StrCat(comparison_.remarks.size() - shown, " more remarks: see --json")));
  }
}

// Deals rows to the sections in turn until the screen is full or nothing is left to show.
void Diff::ShareOutRows(std::vector<Section>* sections) const {
  constexpr size_t kTitleLines = 2;
  constexpr size_t kFooterLines = 5;  // one of them may be wrapped
  const size_t fixed = lines_.size() + sections->size() * kTitleLines + kFooterLines;
  size_t lines_left = fixed < kScreenLines ? kScreenLines - fixed : 0;
  const size_t most = options_.top.value_or(kMaxRows);
  bool has_grown = true;
  while (has_grown) {
    has_grown = false;
    for (Section& section : *sections) {
      if (section.rows >= std::min(section.sites.size(), most)) continue;
      if (!options_.top.has_value() && lines_left == 0) continue;
      ++section.rows;
      lines_left -= lines_left > 0 ? 1 : 0;
      has_grown = true;
    }
  }
}

void Diff::AddRow(absl::string_view name, absl::string_view numbers) {
  const size_t width = name_columns_ - kIndent;
  const std::string indent(kIndent, ' ');
  if (render::DisplayWidth(name) <= width) {
    lines_.push_back(absl::StrCat(indent, PadRight(name, width), numbers));
  } else {
    lines_.push_back(absl::StrCat(indent, name));
    lines_.push_back(absl::StrCat(std::string(name_columns_, ' '), numbers));
  }
}

void Diff::AddSection(const Section& section) {
  if (section.rows == 0) return;
  lines_.push_back("");
  std::string title(ChangeTitle(section.change));
  if (section.rows < section.sites.size()) {
    absl::StrAppend(&title, " (", section.rows, " of ", section.sites.size(), ")");
  }
  lines_.push_back(absl::StrCat(style_.Heading(PadRight(title, name_columns_)),
                                style_.Faint(ColumnTitles(true))));
  for (size_t i = 0; i < section.rows; ++i) {
    const SiteChange& site = *section.sites[i];
    const std::string name =
        render::SiteName(site.site, options_.full_names,
                         options_.full_names ? render::kAnyWidth : name_columns_ - kIndent);
    AddRow(name, Numbers(text_.site_kind(), site.before, site.after,
                         SignedShare(site.before, site.after, comparison_.whole_before)));
  }
}

std::string Diff::Render() {
  AddHead();
  AddTotals();
  AddRemarks();
  lines_.push_back("");
  lines_.push_back(style_.Heading(absl::StrCat(FigureTitle(comparison_), ", by call site")));
  std::vector<Section> sections;
  for (const Change change : kChanges) {
    Section section = {change, {}, 0};
    for (const SiteChange& site : comparison_.sites) {
      if (site.change == change) section.sites.push_back(&site);
    }
    if (!section.sites.empty()) sections.push_back(std::move(section));
  }
  ShareOutRows(&sections);
  for (const Section& section : sections) AddSection(section);
  if (!sections.empty()) lines_.push_back("");
  for (std::string& line : render::Wrap(text_.SmallChangesLine(), options_.columns)) {
    lines_.push_back(std::move(line));
  }
  lines_.push_back("");
  lines_.push_back(style_.Faint(FitEnd(
      "Next: --sort=peak or =end for another figure, --threshold=0 for all, --top=N, --markdown",
      options_.columns)));
  return absl::StrCat(absl::StrJoin(lines_, "\n"), "\n");
}

}  // namespace

std::string TextDiff(const Comparison& comparison, const DiffOptions& options) {
  return Diff(comparison, options).Render();
}

}  // namespace memshim::analyzer::diff
