// See markdown_summary.h.
#include "analyzer/check/markdown_summary.h"

#include "absl/strings/str_cat.h"
#include "analyzer/check/outcome_text.h"
#include "analyzer/render/format.h"
#include "analyzer/render/markdown.h"
#include "analyzer/render/names.h"

namespace memshim::analyzer::check {
namespace {

constexpr size_t kNameColumns = 80;

absl::string_view VerdictText(Verdict verdict) {
  switch (verdict) {
    case Verdict::kKept:
      return "kept";
    case Verdict::kBreached:
      return "**exceeded**";
    case Verdict::kUnknown:
      return "**cannot be checked**";
  }
  return "";
}

std::string Row(const Outcome& outcome) {
  const std::string name = render::MarkdownCellCode(outcome.name);
  if (outcome.verdict == Verdict::kUnknown) {
    return absl::StrCat("| ", name, " | | | ", VerdictText(outcome.verdict), ": ",
                        render::MarkdownText(outcome.why_unknown), " |\n");
  }
  const FoundAndAllowed text = FoundText(outcome);
  return absl::StrCat("| ", name, " | ", text.found, " | ", text.allowed, " | ",
                      VerdictText(outcome.verdict), " |\n");
}

void AddCulprits(const Outcome& outcome, std::string* out) {
  if (outcome.culprits.empty()) return;
  const Unit unit = SpecOf(outcome.kind).unit;
  absl::StrAppend(out, "\n", render::MarkdownCode(outcome.name), ", most by:\n\n");
  for (const Culprit& culprit : outcome.culprits) {
    const std::string name = render::SiteName(culprit.site, false, kNameColumns);
    absl::StrAppend(out, "- ", render::MarkdownCode(name), ": ", culprit.is_growth ? "+" : "",
                    AmountText(unit == Unit::kMillionths ? Unit::kBlocks : unit, culprit.figure),
                    "\n");
  }
}

void AddSuppressions(const CheckResult& result, std::string* out) {
  std::string rows;
  for (const UsedSuppression& used : result.suppressions) {
    if (used.blocks == 0) continue;
    absl::StrAppend(&rows, "| ", render::MarkdownCellCode(absl::StrCat("leak:", used.pattern)),
                    " | ", AmountText(Unit::kBytes, used.bytes), " | ",
                    render::FormatCount(used.blocks), " |\n");
  }
  if (rows.empty()) return;
  absl::StrAppend(out, "\n| suppressed | bytes | blocks |\n|---|--:|--:|\n", rows);
}

}  // namespace

std::string MarkdownSummary(const CheckResult& result, const std::string& file) {
  const bool is_good = result.Count(Verdict::kKept) == result.outcomes.size();
  std::string out =
      absl::StrCat("### ", is_good ? "✅" : "❌", " Memory budgets: ", SummaryText(result), "\n\n",
                   render::MarkdownCode(file));
  if (!result.command.empty()) {
    absl::StrAppend(&out, ": ", render::MarkdownCode(result.command));
  }
  absl::StrAppend(&out, "\n\n| budget | found | allowed | |\n|---|--:|--:|---|\n");
  for (const Outcome& outcome : result.outcomes) absl::StrAppend(&out, Row(outcome));
  for (const Outcome& outcome : result.outcomes) AddCulprits(outcome, &out);
  AddSuppressions(result, &out);
  for (const std::string& remark : result.remarks) {
    absl::StrAppend(&out, "\n> ", render::MarkdownText(remark), "\n");
  }
  absl::StrAppend(&out, "\n");
  return out;
}

}  // namespace memshim::analyzer::check
