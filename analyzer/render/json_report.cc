// See json_report.h.
#include "analyzer/render/json_report.h"

#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/ending_name.h"
#include "analyzer/render/format.h"
#include "analyzer/render/json_verdict.h"
#include "analyzer/render/rank_names.h"

namespace memshim::analyzer::render {
namespace {

using metrics::RankBy;
using metrics::SiteGroup;
using metrics::SiteKind;
using model::Counters;

constexpr uint64_t kSchemaVersion = 1;

struct NamedFigure {
  absl::string_view name;
  uint64_t Counters::*figure;
};
constexpr NamedFigure kFigures[] = {
    {"totalBytes", &Counters::total_bytes},
    {"totalBlocks", &Counters::total_blocks},
    {"lifetime", &Counters::lifetime},
    {"maxBytes", &Counters::max_bytes},
    {"maxBlocks", &Counters::max_blocks},
    {"gmaxBytes", &Counters::gmax_bytes},
    {"gmaxBlocks", &Counters::gmax_blocks},
    {"endBytes", &Counters::end_bytes},
    {"endBlocks", &Counters::end_blocks},
    {"readBytes", &Counters::read_bytes},
    {"writtenBytes", &Counters::written_bytes},
    {"temporaryBytes", &Counters::temporary_bytes},
    {"temporaryBlocks", &Counters::temporary_blocks},
};

// Of profiles with details alone.
constexpr NamedFigure kDetails[] = {
    {"smallestRequest", &Counters::smallest_request},
    {"largestRequest", &Counters::largest_request},
    {"slackBytes", &Counters::slack_bytes},
    {"remoteBlocks", &Counters::remote_blocks},
    {"movedResizes", &Counters::moved_resizes},
    {"settledResizes", &Counters::settled_resizes},
    {"movedBytes", &Counters::moved_bytes},
    {"lateFreedBytes", &Counters::late_freed_bytes},
    {"threads", &Counters::threads},
};

absl::string_view KindName(SiteKind kind) {
  switch (kind) {
    case SiteKind::kUser:
      return "user";
    case SiteKind::kRuntime:
      return "runtime";
    case SiteKind::kFolded:
      return "folded";
    case SiteKind::kUnknown:
      return "unknown";
  }
  return "unknown";
}

class Report {
 public:
  Report(const model::Profile& profile, const metrics::Findings& findings,
         const ReportOptions& options);

  std::string Render();

 private:
  void Head();
  void Details();
  void Remarks();
  void Timeline();
  void Site(const SiteGroup& group);
  void Rankings();
  void Figures(const Counters& counters);
  void Stack(const std::vector<uint32_t>& frames);

  const model::Profile& profile_;
  const metrics::Findings& findings_;
  const ReportOptions& options_;
  const std::vector<SiteGroup>& groups_;
  std::vector<size_t> order_;      // of the sites in the output
  std::vector<size_t> positions_;  // of each group in that order
  rapidjson::StringBuffer buffer_;
  ReportJson json_;
};

Report::Report(const model::Profile& profile, const metrics::Findings& findings,
               const ReportOptions& options)
    : profile_(profile),
      findings_(findings),
      options_(options),
      groups_(findings.groups),
      order_(findings.ranking(RankBy::kTotalBytes)),
      positions_(groups_.size(), groups_.size()),
      json_(buffer_) {
  for (size_t i = 0; i < order_.size(); ++i) positions_[order_[i]] = i;
  // Sites without a rank, which have no bytes or are too small for --min-pct, stand last.
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (positions_[i] != groups_.size()) continue;
    positions_[i] = order_.size();
    order_.push_back(i);
  }
}

void Report::Figures(const Counters& counters) {
  for (const NamedFigure& named : kFigures) json_.Number(named.name, counters.*named.figure);
  if (!profile_.has_details) return;
  for (const NamedFigure& named : kDetails) json_.Number(named.name, counters.*named.figure);
  json_.NumberList("requestSizes", counters.request_sizes);
  json_.NumberList("lifetimes", counters.lifetimes);
  std::vector<uint64_t> moments = counters.moment_bytes;
  moments.resize(std::max(moments.size(), profile_.moments.size()), counters.end_bytes);
  json_.NumberList("momentBytes", moments);
}

void Report::Details() {
  if (!profile_.has_details) return;
  json_.Fraction("lifetimeTickUs", profile_.lifetime_tick_us);
  json_.Number("lateSince", profile_.t_late);
  json_.NumberList("moments", profile_.moments);
  json_.List("failedRequests", profile_.failed_requests, [&](const model::FailedRequests& failed) {
    json_.Object([&] {
      json_.Number("count", failed.count);
      json_.Number("bytes", failed.bytes);
      json_.Number("largest", failed.largest);
      Stack(failed.frames);
    });
  });
}

void Report::Stack(const std::vector<uint32_t>& frames) {
  json_.List("stack", frames, [&](uint32_t frame) { json_.String(profile_.frames[frame].text); });
}

void Report::Head() {
  const model::Profile& p = profile_;
  json_.Text("schema", "memshim-report");
  json_.Number("schemaVersion", kSchemaVersion);
  json_.Text("file", options_.file);
  json_.Text("command", p.command);
  json_.Number("pid", p.pid);
  json_.Text("mode", p.mode);
  json_.Text("timeUnit", p.time_unit);
  json_.Number("tEnd", p.t_end);
  json_.Number("tGmax", p.t_gmax);
  json_.Number("shortLivedThreshold", p.short_lived_threshold);
  json_.Text("ending", model::EndingName(p.ending));
  json_.Integer("exitStatus", p.exit_status);
  if (p.peak_rss_bytes.has_value()) json_.Number("peakRssBytes", *p.peak_rss_bytes);
  if (p.own_rss_bytes.has_value()) json_.Number("ownRssBytes", *p.own_rss_bytes);
  json_.NumberIfKnown("threads", p.thread_count);
  json_.NumberIfKnown("startUnixMs", p.start_unix_ms);
  if (p.merged_profiles > 0) json_.Number("mergedProfiles", p.merged_profiles);
  json_.TextIfKnown("memshimVersion", p.memshim_version);
  json_.Flag("hasLifetimes", p.has_lifetimes);
  json_.Flag("hasLifetimeSums", p.has_lifetime_sums);
  json_.Flag("hasAccesses", p.has_accesses);
  json_.Object("totals", [&] { Figures(findings_.totals.all); });
  json_.Object("runtimeTotals", [&] { Figures(findings_.totals.runtime); });
  if (findings_.is_selection) {
    json_.Object("selectedTotals", [&] { Figures(findings_.selected.all); });
  }
  json_.Object("verdict", [&] { WriteVerdict(findings_, positions_, &json_); });
}

void Report::Remarks() {
  if (profile_.verification.has_value()) {
    const model::Verification& v = *profile_.verification;
    json_.Object("verify", [&] {
      json_.Number("equal", v.equal);
      json_.Number("equalWhereDescribed", v.equal_where_described);
      json_.Number("different", v.different);
      json_.Number("notCompared", v.not_compared);
    });
  }
  json_.List("losses", profile_.losses, [&](const model::Loss& loss) {
    json_.Object([&] {
      json_.Text("what", loss.what);
      json_.Number("count", loss.count);
    });
  });
  json_.List("notes", profile_.notes, [&](const std::string& note) { json_.String(note); });
  json_.Number("foldedPoints", profile_.folded_points);
  json_.Number("foldedBytes", profile_.folded_bytes);
  json_.Number("cutPoints", profile_.cut_points);
}

void Report::Timeline() {
  json_.List("timeline", profile_.timeline, [&](const model::TimelineSample& sample) {
    json_.Row({sample.time, sample.live_bytes, sample.live_blocks});
  });
  if (profile_.resident.empty()) return;
  json_.List("resident", profile_.resident, [&](const model::ResidentSample& sample) {
    json_.Row({sample.time, sample.bytes});
  });
}

void Report::Site(const SiteGroup& group) {
  const uint32_t heaviest = metrics::HeaviestPoint(profile_, group, RankBy::kTotalBytes);
  json_.Text("kind", KindName(group.kind));
  json_.TextIfKnown("label", group.label);
  json_.TextIfKnown("function", group.function);
  json_.TextIfKnown("file", group.file);
  json_.NumberIfKnown("line", group.line);
  json_.TextIfKnown("module", group.module_path);
  json_.NumberIfKnown("address", group.address);
  json_.NumberIfKnown("moduleOffset", group.module_offset);
  json_.Number("points", group.points.size());
  json_.Flag("shortLived", metrics::IsShortLived(profile_, group.counters));
  Figures(group.counters);
  Stack(profile_.points[heaviest].frames);
}

void Report::Rankings() {
  for (const RankName& ranking : kRankNames) {
    std::vector<size_t> ranked = findings_.ranking(ranking.by);
    if (options_.top.has_value() && ranked.size() > *options_.top) ranked.resize(*options_.top);
    json_.List(ranking.name, ranked, [&](size_t index) { json_.Uint64(positions_[index]); });
  }
}

std::string Report::Render() {
  json_.Object([&] {
    Head();
    Details();
    Remarks();
    Timeline();
    json_.Text("by", NameOf(findings_.by));
    json_.List("sites", order_, [&](size_t index) { json_.Object([&] { Site(groups_[index]); }); });
    json_.Object("rankings", [&] { Rankings(); });
    WriteLeaks(findings_, positions_, &json_);
  });
  buffer_.Put('\n');
  return EscapeJson(absl::string_view(buffer_.GetString(), buffer_.GetSize()));
}

}  // namespace

std::string JsonReport(const model::Profile& profile, const metrics::Findings& findings,
                       const ReportOptions& options) {
  return Report(profile, findings, options).Render();
}

}  // namespace memshim::analyzer::render
