// See json_verdict.h.
#include "analyzer/render/json_verdict.h"

#include "absl/strings/string_view.h"

namespace memshim::analyzer::render {
namespace {

using metrics::Growth;
using metrics::Shape;
using metrics::Suspicion;

absl::string_view ShapeName(Shape shape) {
  switch (shape) {
    case Shape::kUnknown:
      return "unknown";
    case Shape::kConstant:
      return "constant";
    case Shape::kPlateau:
      return "plateau";
    case Shape::kGrowing:
      return "growing";
    case Shape::kSawtooth:
      return "sawtooth";
    case Shape::kSpike:
      return "spike";
    case Shape::kRiseAndFall:
      return "rise-and-fall";
    case Shape::kIrregular:
      return "irregular";
  }
  return "unknown";
}

absl::string_view SuspicionName(Suspicion suspicion) {
  switch (suspicion) {
    case Suspicion::kGrows:
      return "grows";
    case Suspicion::kFreedLate:
      return "freed-late";
    case Suspicion::kKept:
      return "kept";
    case Suspicion::kUntold:
      return "untold";
    case Suspicion::kRuntime:
      return "runtime";
  }
  return "untold";
}

absl::string_view GrowthName(Growth growth) {
  switch (growth) {
    case Growth::kUnknown:
      return "unknown";
    case Growth::kGrows:
      return "grows";
    case Growth::kSteady:
      return "steady";
  }
  return "unknown";
}

}  // namespace

void WriteVerdict(const metrics::Findings& findings, const std::vector<size_t>& positions,
                  ReportJson* json) {
  const metrics::Verdict& verdict = findings.verdict;
  const metrics::Course& course = verdict.course;
  const auto site = [&](size_t group) { json->Uint64(positions[group]); };
  json->Object("course", [&] {
    json->Text("shape", ShapeName(course.shape));
    json->Number("samples", course.samples);
    json->Fraction("confidence", course.confidence);
    if (course.shape == Shape::kUnknown) return;
    json->Fraction("slope", course.slope);
    json->Number("typicalBytes", course.typical_bytes);
    if (course.shape == Shape::kPlateau) json->Number("since", course.since);
    if (course.shape == Shape::kSawtooth) {
      json->Number("teeth", course.teeth);
      json->Flag("lowPointsGrow", course.low_points_grow);
    }
  });
  json->List("peakSites", verdict.peak_groups, site);
  json->List("churnSites", verdict.churn_groups, site);
  if (!verdict.resident.has_value()) return;
  const metrics::Resident& resident = *verdict.resident;
  json->Object("resident", [&] {
    json->Number("peakBytes", resident.peak_bytes);
    json->Number("liveBytes", resident.live_bytes);
    if (resident.slack_bytes.has_value()) json->Number("slackBytes", *resident.slack_bytes);
    if (resident.own_bytes.has_value()) json->Number("ownBytes", *resident.own_bytes);
    json->Number("restBytes", resident.rest_bytes);
    if (resident.over_time.has_value()) {
      json->Number("leastExcessBytes", resident.over_time->least_excess);
      json->Number("excessAtEndBytes", resident.over_time->at_end.excess());
      json->Number("retainedBytes", resident.over_time->RetainedBytes());
    }
  });
}

void WriteLeaks(const metrics::Findings& findings, const std::vector<size_t>& positions,
                ReportJson* json) {
  json->List("leaks", findings.leaks.entries, [&](const metrics::Leak& leak) {
    json->Object([&] {
      json->Number("site", positions[leak.group]);
      json->Text("suspicion", SuspicionName(leak.suspicion));
      json->Text("growth", GrowthName(leak.growth));
      json->Number("bytes", leak.bytes);
      if (leak.suspicion != Suspicion::kFreedLate) json->Number("blocks", leak.blocks);
    });
  });
}

}  // namespace memshim::analyzer::render
