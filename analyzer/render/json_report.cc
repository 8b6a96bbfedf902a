// See json_report.h.
#include "analyzer/render/json_report.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "analyzer/dhat/utf8.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/ending_name.h"

namespace memshim::analyzer::render {
namespace {

using metrics::RankBy;
using metrics::SiteGroup;
using metrics::SiteKind;
using model::Counters;

constexpr uint64_t kSchemaVersion = 1;

struct NamedRanking {
  absl::string_view name;
  RankBy by;
};
constexpr NamedRanking kRankings[] = {
    {"total-bytes", RankBy::kTotalBytes}, {"total-blocks", RankBy::kTotalBlocks},
    {"peak", RankBy::kPeakBytes},         {"peak-blocks", RankBy::kPeakBlocks},
    {"end", RankBy::kEndBytes},           {"end-blocks", RankBy::kEndBlocks},
    {"short-lived", RankBy::kShortLived}, {"temporary", RankBy::kTemporary},
};

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
  Report(const model::Profile& profile, const ReportOptions& options);

  std::string Render();

 private:
  void Head();
  void Remarks();
  void Timeline();
  void Sites();
  void Site(const SiteGroup& group);
  void Rankings();
  void Figures(const Counters& counters);

  void Key(absl::string_view key) {
    json_.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  }
  void String(absl::string_view text) {
    const std::string valid = dhat::MakeValidUtf8(text);
    json_.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
  }
  void Text(absl::string_view key, absl::string_view value) {
    Key(key);
    String(value);
  }
  void TextIfKnown(absl::string_view key, absl::string_view value) {
    if (!value.empty()) Text(key, value);
  }
  void Number(absl::string_view key, uint64_t value) {
    Key(key);
    json_.Uint64(value);
  }
  void NumberIfKnown(absl::string_view key, uint64_t value) {
    if (value != 0) Number(key, value);
  }
  void Flag(absl::string_view key, bool value) {
    Key(key);
    json_.Bool(value);
  }

  const model::Profile& profile_;
  const ReportOptions& options_;
  std::vector<SiteGroup> groups_;
  std::vector<size_t> order_;      // of the sites in the output
  std::vector<size_t> positions_;  // of each group in that order
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> json_;
};

Report::Report(const model::Profile& profile, const ReportOptions& options)
    : profile_(profile),
      options_(options),
      groups_(metrics::GroupBySite(profile, metrics::SiteFinder(profile))),
      order_(metrics::RankSites(profile, groups_, RankBy::kTotalBytes)),
      positions_(groups_.size(), groups_.size()),
      json_(buffer_) {
  for (size_t i = 0; i < order_.size(); ++i) positions_[order_[i]] = i;
  // Sites without bytes have no rank; they stand last.
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (positions_[i] != groups_.size()) continue;
    positions_[i] = order_.size();
    order_.push_back(i);
  }
}

void Report::Figures(const Counters& counters) {
  for (const NamedFigure& named : kFigures) Number(named.name, counters.*named.figure);
}

void Report::Head() {
  const model::Profile& p = profile_;
  Text("schema", "memshim-report");
  Number("schemaVersion", kSchemaVersion);
  Text("file", options_.file);
  Text("command", p.command);
  Number("pid", p.pid);
  Text("mode", p.mode);
  Text("timeUnit", p.time_unit);
  Number("tEnd", p.t_end);
  Number("tGmax", p.t_gmax);
  Number("shortLivedThreshold", p.short_lived_threshold);
  Text("ending", model::EndingName(p.ending));
  Key("exitStatus");
  json_.Int(p.exit_status);
  if (p.peak_rss_bytes.has_value()) Number("peakRssBytes", *p.peak_rss_bytes);
  NumberIfKnown("threads", p.thread_count);
  NumberIfKnown("startUnixMs", p.start_unix_ms);
  TextIfKnown("memshimVersion", p.memshim_version);
  Flag("hasLifetimes", p.has_lifetimes);
  Flag("hasLifetimeSums", p.has_lifetime_sums);
  Flag("hasAccesses", p.has_accesses);
  const metrics::Totals totals = metrics::SumTotals(groups_);
  Key("totals");
  json_.StartObject();
  Figures(totals.all);
  json_.EndObject();
  Key("runtimeTotals");
  json_.StartObject();
  Figures(totals.runtime);
  json_.EndObject();
}

void Report::Remarks() {
  if (profile_.verification.has_value()) {
    const model::Verification& v = *profile_.verification;
    Key("verify");
    json_.StartObject();
    Number("equal", v.equal);
    Number("equalWhereDescribed", v.equal_where_described);
    Number("different", v.different);
    Number("notCompared", v.not_compared);
    json_.EndObject();
  }
  Key("losses");
  json_.StartArray();
  for (const model::Loss& loss : profile_.losses) {
    json_.StartObject();
    Text("what", loss.what);
    Number("count", loss.count);
    json_.EndObject();
  }
  json_.EndArray();
  Key("notes");
  json_.StartArray();
  for (const std::string& note : profile_.notes) String(note);
  json_.EndArray();
  Number("foldedPoints", profile_.folded_points);
  Number("foldedBytes", profile_.folded_bytes);
  Number("cutPoints", profile_.cut_points);
}

void Report::Timeline() {
  Key("timeline");
  json_.StartArray();
  for (const model::TimelineSample& sample : profile_.timeline) {
    json_.StartArray();
    json_.Uint64(sample.time);
    json_.Uint64(sample.live_bytes);
    json_.Uint64(sample.live_blocks);
    json_.EndArray();
  }
  json_.EndArray();
}

void Report::Site(const SiteGroup& group) {
  const auto has_fewer_bytes = [&](uint32_t a, uint32_t b) {
    return profile_.points[a].counters.total_bytes < profile_.points[b].counters.total_bytes;
  };
  const uint32_t heaviest =
      *std::max_element(group.points.begin(), group.points.end(), has_fewer_bytes);
  json_.StartObject();
  Text("kind", KindName(group.kind));
  TextIfKnown("label", group.label);
  TextIfKnown("function", group.function);
  TextIfKnown("file", group.file);
  NumberIfKnown("line", group.line);
  TextIfKnown("module", group.module_path);
  NumberIfKnown("address", group.address);
  NumberIfKnown("moduleOffset", group.module_offset);
  Number("points", group.points.size());
  Flag("shortLived", metrics::IsShortLived(profile_, group.counters));
  Figures(group.counters);
  Key("stack");
  json_.StartArray();
  for (uint32_t frame : profile_.points[heaviest].frames) String(profile_.frames[frame].text);
  json_.EndArray();
  json_.EndObject();
}

void Report::Sites() {
  Key("sites");
  json_.StartArray();
  for (size_t index : order_) Site(groups_[index]);
  json_.EndArray();
}

void Report::Rankings() {
  Key("rankings");
  json_.StartObject();
  for (const NamedRanking& ranking : kRankings) {
    std::vector<size_t> ranked = metrics::RankSites(profile_, groups_, ranking.by);
    if (options_.top.has_value() && ranked.size() > *options_.top) ranked.resize(*options_.top);
    Key(ranking.name);
    json_.StartArray();
    for (size_t index : ranked) json_.Uint64(positions_[index]);
    json_.EndArray();
  }
  json_.EndObject();
}

std::string Report::Render() {
  json_.StartObject();
  Head();
  Remarks();
  Timeline();
  Sites();
  Rankings();
  json_.EndObject();
  buffer_.Put('\n');
  return std::string(buffer_.GetString(), buffer_.GetSize());
}

}  // namespace

std::string JsonReport(const model::Profile& profile, const ReportOptions& options) {
  return Report(profile, options).Render();
}

}  // namespace memshim::analyzer::render
