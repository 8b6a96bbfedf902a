// See markdown_diff.h.
#include "analyzer/diff/markdown_diff.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "analyzer/diff/change_text.h"
#include "analyzer/render/markdown.h"
#include "analyzer/render/names.h"

namespace memshim::analyzer::diff {
namespace {

constexpr size_t kMostRows = 20;  // without --top; what nobody reads makes no comment better
constexpr size_t kNameColumns = 80;

std::string Cells(const ChangeText& text, FigureKind kind, uint64_t before, uint64_t after) {
  return absl::StrCat(" | ", text.Amount(kind, before), " | ", text.Amount(kind, after), " | ",
                      text.Signed(kind, before, after), " | ", SignedShare(before, after, before));
}

void AddTotals(const Comparison& comparison, const ChangeText& text, std::string* out) {
  absl::StrAppend(out, "| | old | new | change | % |\n|---|--:|--:|--:|--:|\n");
  for (const TotalChange& total : comparison.totals) {
    absl::StrAppend(out, "| ", render::MarkdownText(total.title),
                    Cells(text, total.kind, total.before, total.after), " |\n");
  }
}

void AddSites(const Comparison& comparison, const ChangeText& text, const DiffOptions& options,
              std::string* out) {
  const size_t most = options.top.value_or(kMostRows);
  absl::StrAppend(
      out, "| call site | | old | new | change | % | of all |\n|---|---|--:|--:|--:|--:|--:|\n");
  for (size_t i = 0; i < comparison.sites.size() && i < most; ++i) {
    const SiteChange& site = comparison.sites[i];
    const std::string name = render::SiteName(
        site.site, options.full_names, options.full_names ? render::kAnyWidth : kNameColumns);
    absl::StrAppend(out, "| ", render::MarkdownCellCode(name), " | ",
                    absl::AsciiStrToLower(ChangeTitle(site.change)),
                    Cells(text, text.site_kind(), site.before, site.after), " | ",
                    SignedShare(site.before, site.after, comparison.whole_before), " |\n");
  }
  if (comparison.sites.size() > most) {
    absl::StrAppend(out, "\n", comparison.sites.size() - most,
                    " more changed; --top=N shows them.\n");
  }
}

}  // namespace

std::string MarkdownDiff(const Comparison& comparison, const DiffOptions& options) {
  const ChangeText text(comparison, options.unicode);
  std::string out = absl::StrCat("### Heap: ", render::MarkdownCode(options.old_file), " to ",
                                 render::MarkdownCode(options.new_file), "\n\n");
  AddTotals(comparison, text, &out);
  absl::StrAppend(&out, "\n#### ", render::MarkdownText(FigureTitle(comparison)), "\n\n");
  if (!comparison.sites.empty()) {
    AddSites(comparison, text, options, &out);
    absl::StrAppend(&out, "\n");
  }
  absl::StrAppend(&out, render::MarkdownText(text.SmallChangesLine()), "\n");
  for (const std::string& remark : comparison.remarks) {
    absl::StrAppend(&out, "\n> ", render::MarkdownText(remark), "\n");
  }
  return out;
}

}  // namespace memshim::analyzer::diff
