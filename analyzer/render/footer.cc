// See footer.h.
#include "analyzer/render/footer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "analyzer/render/format.h"
#include "analyzer/render/rank_names.h"
#include "analyzer/render/style.h"

namespace memshim::analyzer::render {
namespace {

using metrics::RankBy;
using metrics::Suspicion;

// What the verdict makes one ask first.
std::string NextOption(const model::Profile& profile, const metrics::Findings& findings,
                       const ReportOptions& options) {
  if (options.depth > 0) return "--tree=up";
  if (!profile.has_lifetimes) return "--sort=total-bytes --depth=8";
  const uint64_t grown = findings.leaks.sum(Suspicion::kGrows).bytes;
  if (!options.sort && grown > 0 && grown >= findings.totals.all.gmax_bytes / 20) {
    return "--leaks --depth=8";
  }
  if (options.sort) return absl::StrCat("--sort=", NameOf(*options.sort), " --depth=8");
  return "--sort=peak --depth=8";
}

// As a shell takes it for itself.
std::string Quoted(absl::string_view word) {
  constexpr absl::string_view kPlain = "-_./:%@,+=";
  const bool is_plain = std::all_of(word.begin(), word.end(), [&](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains(kPlain, c);
  });
  if (is_plain) return std::string(word);
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

}  // namespace

void AddFooter(const model::Profile& profile, const metrics::Findings& findings,
               const ReportOptions& options, const std::vector<RankBy>& dropped,
               std::vector<std::string>* lines) {
  const Style style(options.use_color);
  const std::string next = NextOption(profile, findings, options);
  std::string command = absl::StrCat("Next: memshim-report ", next), selection;
  for (const std::string& option : options.selection)
    absl::StrAppend(&selection, " ", Quoted(option));
  const std::string file = options.file.empty() ? "" : absl::StrCat(" ", Quoted(options.file));
  // Cut off, it could not be pasted: rather without the selection.
  const bool fits =
      DisplayWidth(CleanText(absl::StrCat(command, selection, file))) <= options.columns;
  absl::StrAppend(&command, fits ? selection : "", file);
  lines->push_back(style.Faint(FitEnd(CleanText(command), options.columns)));
  std::string also = "Also:";
  const auto add = [&](const std::string& option) {
    const std::string longer = absl::StrCat(also, " ", option);
    if (DisplayWidth(longer) <= options.columns) also = longer;
  };
  for (const RankBy by : dropped) add(absl::StrCat("--sort=", NameOf(by)));
  for (const char* option : {"--help", "--tree=up", "--by=function", "--focus=RE", "--leaks",
                             "--histograms", "--json"}) {
    if (!absl::StrContains(next, option)) add(option);
  }
  lines->push_back(style.Faint(also));
}

}  // namespace memshim::analyzer::render
