// See check.h.
#include "analyzer/check/check.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "analyzer/check/measure.h"
#include "analyzer/diff/match_sites.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::check {
namespace {

using metrics::SiteGroup;

constexpr size_t kMostCulprits = 3;

std::string NameOf(const Budget& budget) {
  std::string name(SpecOf(budget.kind).name);
  switch (budget.scope.kind) {
    case Scope::Kind::kRun:
      return name;
    case Scope::Kind::kSite:
      return absl::StrCat(name, " of site ", budget.scope.pattern.text());
    case Scope::Kind::kFunction:
      return absl::StrCat(name, " of function ", budget.scope.pattern.text());
  }
  return name;
}

void SortAndCut(std::vector<Culprit>* culprits) {
  std::stable_sort(culprits->begin(), culprits->end(),
                   [](const Culprit& a, const Culprit& b) { return a.figure > b.figure; });
  if (culprits->size() > kMostCulprits) culprits->resize(kMostCulprits);
}

std::vector<Culprit> LargestSites(const Measurement& measured, BudgetKind kind,
                                  const Selection& selection) {
  std::vector<Culprit> culprits;
  const std::vector<uint64_t> figures = measured.SiteFigures(kind, selection);
  for (size_t i = 0; i < figures.size(); ++i) {
    if (figures[i] > 0) culprits.push_back({measured.sites()[i], figures[i], false});
  }
  SortAndCut(&culprits);
  return culprits;
}

Outcome Judge(const Budget& budget, const Measurement& measured,
              std::vector<std::string>* remarks) {
  Outcome outcome;
  outcome.name = NameOf(budget);
  outcome.kind = budget.kind;
  outcome.limit = budget.limit;
  outcome.why_unknown = measured.WhyUnknown(budget.kind);
  if (!outcome.why_unknown.empty()) {
    outcome.verdict = Verdict::kUnknown;
    return outcome;
  }
  const Selection selection = measured.Select(budget.scope);
  if (selection.is_empty && budget.scope.kind != Scope::Kind::kRun) {
    remarks->push_back(absl::StrCat(outcome.name, " matches nothing in the profile."));
  }
  outcome.found = measured.Figure(budget.kind, selection);
  if (outcome.found > outcome.limit) {
    outcome.verdict = Verdict::kBreached;
    outcome.culprits = LargestSites(measured, budget.kind, selection);
  }
  return outcome;
}

// What the points of a site in a match of profiles add up to.
uint64_t SiteFigure(const std::optional<SiteGroup>& site, const std::vector<uint64_t>& by_point) {
  uint64_t sum = 0;
  if (!site.has_value()) return sum;
  for (const uint32_t point : site->points) sum = model::SaturatingAdd(sum, by_point[point]);
  return sum;
}

// The figure of each point. (Sites are put together differently when profiles are matched.)
std::vector<uint64_t> PointFigures(const Measurement& measured, BudgetKind kind) {
  std::vector<uint64_t> figures(measured.profile().points.size());
  for (size_t point = 0; point < figures.size(); ++point) {
    figures[point] = measured.PointFigure(kind, point);
  }
  return figures;
}

std::vector<Culprit> GrownSites(const std::vector<diff::SitePair>& pairs, const Measurement& base,
                                const Measurement& measured, BudgetKind kind) {
  const std::vector<uint64_t> before = PointFigures(base, kind);
  const std::vector<uint64_t> after = PointFigures(measured, kind);
  std::vector<Culprit> culprits;
  for (const diff::SitePair& pair : pairs) {
    const uint64_t old_figure = SiteFigure(pair.before, before);
    const uint64_t new_figure = SiteFigure(pair.after, after);
    if (new_figure > old_figure) culprits.push_back({*pair.after, new_figure - old_figure, true});
  }
  SortAndCut(&culprits);
  return culprits;
}

uint64_t WithTolerance(uint64_t figure, double tolerance) {
  const double extra = std::floor(static_cast<double>(figure) * tolerance);
  return model::SaturatingAdd(figure, model::SaturatingCast(extra));
}

void CompareWithBaseline(const Measurement& measured, const model::Profile& baseline,
                         const Budgets& budgets, CheckResult* result) {
  const Measurement base(baseline, budgets.suppressions);
  std::optional<std::vector<diff::SitePair>> pairs;  // made when there is somebody to blame
  for (const BudgetSpec& spec : BudgetSpecs()) {
    if (!spec.is_for_baselines) continue;
    Outcome outcome;
    outcome.name = absl::StrCat(spec.name, " of baseline");
    outcome.kind = spec.kind;
    outcome.why_unknown = measured.WhyUnknown(spec.kind);
    if (outcome.why_unknown.empty() && !base.WhyUnknown(spec.kind).empty()) {
      outcome.why_unknown = absl::StrCat("of the baseline: ", base.WhyUnknown(spec.kind));
    }
    if (outcome.why_unknown.empty()) {
      outcome.baseline = base.Figure(spec.kind, base.Select({}));
      outcome.limit =
          WithTolerance(*outcome.baseline, budgets.tolerance.value_or(kDefaultTolerance));
      outcome.found = measured.Figure(spec.kind, measured.Select({}));
      if (outcome.found > outcome.limit) outcome.verdict = Verdict::kBreached;
    } else {
      outcome.verdict = Verdict::kUnknown;
    }
    if (outcome.verdict == Verdict::kBreached) {
      if (!pairs.has_value()) pairs = diff::MatchSites(baseline, measured.profile());
      outcome.culprits = GrownSites(*pairs, base, measured, spec.kind);
    }
    result->outcomes.push_back(std::move(outcome));
  }
}

void AddRemarks(const model::Profile& profile, std::vector<std::string>* remarks) {
  for (const model::Loss& loss : profile.losses) {
    remarks->push_back(
        absl::StrCat("The profile is incomplete: ", loss.count, " ", loss.what, "."));
  }
  if (profile.ending == model::Ending::kRunning) {
    remarks->push_back("The process had not ended: what lives at the end is what lived then.");
  } else if (profile.ending == model::Ending::kKilled) {
    remarks->push_back("The process was killed: what lives at the end is what lived then.");
  }
  for (const std::string& note : profile.notes) remarks->push_back(note);
}

}  // namespace

size_t CheckResult::Count(Verdict verdict) const {
  return static_cast<size_t>(std::count_if(outcomes.begin(), outcomes.end(),
                                           [&](const Outcome& o) { return o.verdict == verdict; }));
}

CheckResult Check(const model::Profile& profile, const model::Profile* baseline,
                  const Budgets& budgets) {
  const Measurement measured(profile, budgets.suppressions);
  CheckResult result;
  result.command = profile.command;
  AddRemarks(profile, &result.remarks);
  for (const Budget& budget : budgets.budgets) {
    result.outcomes.push_back(Judge(budget, measured, &result.remarks));
  }
  if (baseline != nullptr) CompareWithBaseline(measured, *baseline, budgets, &result);
  for (size_t i = 0; i < budgets.suppressions.size(); ++i) {
    const Suppression& suppression = budgets.suppressions[i];
    const Suppressed& suppressed = measured.suppressed()[i];
    result.suppressions.push_back(
        {suppression.pattern.text(), suppression.origin, suppressed.bytes, suppressed.blocks});
  }
  return result;
}

}  // namespace memshim::analyzer::check
