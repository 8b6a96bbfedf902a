// LeaksText() of text_views.h.
#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "analyzer/render/amounts.h"
#include "analyzer/render/footer.h"
#include "analyzer/render/format.h"
#include "analyzer/render/site_table.h"
#include "analyzer/render/text_head.h"
#include "analyzer/render/text_views.h"

namespace memshim::analyzer::render {
namespace {

using metrics::Leak;
using metrics::LeakSum;
using metrics::Suspicion;

constexpr size_t kRowsOfAKind = 10;

struct Kind {
  Suspicion suspicion;
  const char* title;
};
constexpr Kind kKinds[] = {
    {Suspicion::kGrows, "Grew with time"},
    {Suspicion::kFreedLate, "Held until the last 1 to 3 % of the run"},
    {Suspicion::kKept, "Kept, did not grow"},
    {Suspicion::kUntold, "Left; the file does not tell whether it grew"},
    {Suspicion::kRuntime, "The runtime's own, not yours"},
};

}  // namespace

std::string LeaksText(const model::Profile& profile, const metrics::Findings& findings,
                      const ReportOptions& options) {
  std::vector<std::string> lines = HeadLines(profile, findings, options);
  const SiteTable table(profile, findings, options);
  for (const Kind& kind : kKinds) {
    const LeakSum& sum = findings.leaks.sum(kind.suspicion);
    if (sum.groups == 0) continue;
    const std::string amount = sum.blocks > 0 ? FormatAmount(profile, sum.bytes, sum.blocks)
                                              : FormatSize(profile, static_cast<double>(sum.bytes));
    lines.push_back("");
    table.AddHeading(absl::StrCat(kind.title, ": ", amount), metrics::RankBy::kEndBytes, &lines);
    size_t rows = 0;
    for (const Leak& leak : findings.leaks.entries) {
      if (leak.suspicion != kind.suspicion) continue;
      if (rows++ == options.top.value_or(kRowsOfAKind)) {
        lines.push_back(
            absl::StrCat("  ... and ", CountedGroups(findings.by, sum.groups - rows + 1), " more"));
        break;
      }
      table.AddRow(leak.group, metrics::RankBy::kEndBytes, {leak.bytes, leak.blocks}, sum.bytes,
                   &lines);
    }
  }
  if (findings.leaks.entries.empty()) {
    lines.push_back("");
    lines.push_back(profile.has_lifetimes ? "Nothing was left at the end."
                                          : "The file does not tell what was left at the end.");
  }
  lines.push_back("");
  AddFooter(profile, findings, options, {}, &lines);
  return absl::StrCat(absl::StrJoin(lines, "\n"), "\n");
}

}  // namespace memshim::analyzer::render
