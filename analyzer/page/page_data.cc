// See page_data.h.
#include "analyzer/page/page_data.h"

#include <rapidjson/stringbuffer.h>

#include <bit>
#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "analyzer/dhat/json_writer.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/ending_name.h"
#include "analyzer/page/stack_tree.h"
#include "analyzer/render/format.h"
#include "analyzer/render/names.h"

namespace memshim::analyzer::page {
namespace {

using model::Counters;
using PlainJson = dhat::JsonWriter<rapidjson::StringBuffer>;

// Browsers, too, obey marks that turn the direction of writing round: texts are as in the report.
class Json : public PlainJson {
 public:
  using PlainJson::PlainJson;

  void String(absl::string_view text) { PlainJson::String(render::CleanText(text)); }
  void Text(absl::string_view key, absl::string_view value) {
    PlainJson::Text(key, render::CleanText(value));
  }
  void TextIfKnown(absl::string_view key, absl::string_view value) {
    if (!value.empty()) Text(key, value);
  }
};

static_assert(std::endian::native == std::endian::little, "columns are little-endian");

constexpr uint64_t kVersion = 1;

// Columns one after the other, and what the header says of them.
class Columns {
 public:
  void Add(absl::string_view name, const std::vector<uint32_t>& numbers) {
    AddBytes(name, "u32", numbers.data(), numbers.size(), sizeof(uint32_t));
  }
  void Add(absl::string_view name, const std::vector<double>& numbers) {
    AddBytes(name, "f64", numbers.data(), numbers.size(), sizeof(double));
  }

  void Describe(Json* json) const {
    json->List("columns", described_, [&](const Column& column) {
      json->StartArray();
      json->String(column.name);
      json->String(column.type);
      json->Uint64(column.offset);
      json->Uint64(column.entries);
      json->EndArray();
    });
  }
  const std::string& bytes() const { return bytes_; }

 private:
  struct Column {
    absl::string_view name, type;
    uint64_t offset, entries;
  };

  void AddBytes(absl::string_view name, absl::string_view type, const void* data, size_t entries,
                size_t size) {
    described_.push_back({name, type, bytes_.size(), entries});
    bytes_.append(static_cast<const char*>(data), entries * size);
    bytes_.resize((bytes_.size() + 7) / 8 * 8);
  }

  std::vector<Column> described_;
  std::string bytes_;
};

struct Figure {
  absl::string_view name;
  uint64_t Counters::*figure;
};
constexpr Figure kAlways[] = {{"totalBytes", &Counters::total_bytes},
                              {"totalBlocks", &Counters::total_blocks}};
constexpr Figure kLifetimes[] = {{"peakBytes", &Counters::gmax_bytes},
                                 {"peakBlocks", &Counters::gmax_blocks},
                                 {"endBytes", &Counters::end_bytes},
                                 {"endBlocks", &Counters::end_blocks}};
constexpr Figure kLifetimeSums[] = {{"lifetime", &Counters::lifetime}};
constexpr Figure kDetails[] = {{"temporaryBytes", &Counters::temporary_bytes},
                               {"temporaryBlocks", &Counters::temporary_blocks}};

// Stacks that the page cannot tell apart.
struct Rows {
  std::vector<uint32_t> node, site;
  std::vector<uint32_t> row_of;  // of each point of the profile
};

Rows MergePoints(const model::Profile& profile, const StackTree& tree,
                 const std::vector<uint32_t>& site_of) {
  Rows rows;
  absl::flat_hash_map<uint64_t, uint32_t> known;  // (node, site): row
  for (size_t i = 0; i < profile.points.size(); ++i) {
    const auto [entry, is_new] = known.try_emplace(uint64_t{tree.point_node[i]} << 32 | site_of[i],
                                                   static_cast<uint32_t>(rows.node.size()));
    if (is_new) {
      rows.node.push_back(tree.point_node[i]);
      rows.site.push_back(site_of[i]);
    }
    rows.row_of.push_back(entry->second);
  }
  return rows;
}

void AddFigures(const model::Profile& profile, const Rows& rows, Columns* columns) {
  const auto add = [&](absl::string_view name, auto figure_of) {
    std::vector<double> sums(rows.node.size());
    for (size_t i = 0; i < profile.points.size(); ++i) {
      sums[rows.row_of[i]] += static_cast<double>(figure_of(profile.points[i].counters));
    }
    columns->Add(name, sums);
  };
  const auto add_all = [&](const auto& figures) {
    for (const Figure& figure : figures) {
      add(figure.name, [&](const Counters& c) { return c.*figure.figure; });
    }
  };
  add_all(kAlways);
  if (profile.has_lifetimes) add_all(kLifetimes);
  if (profile.has_details) add_all(kDetails);
  if (!profile.has_lifetime_sums) return;
  add_all(kLifetimeSums);
  // Of a stack, as in DHAT's viewer; what becomes one row is asked before.
  const auto if_short = [&](uint64_t Counters::*figure) {
    return [&profile, figure](const Counters& c) {
      return metrics::IsShortLived(profile, c) ? c.*figure : 0;
    };
  };
  add("shortBytes", if_short(&Counters::total_bytes));
  add("shortBlocks", if_short(&Counters::total_blocks));
}

void WriteRun(const PageProfile& page, Json* json) {
  const model::Profile& p = *page.profile;
  json->Number("version", kVersion);
  json->Text("name", page.name);
  json->List("verdict", page.verdict, [&](const std::string& line) { json->String(line); });
  json->Text("command", p.command);
  json->Number("pid", p.pid);
  json->Text("mode", p.mode);
  json->Text("timeUnit", p.time_unit);
  json->Text("bytesUnit", p.bytes_unit);
  json->Text("blocksUnit", p.blocks_unit);
  json->Number("tEnd", p.t_end);
  json->Number("tGmax", p.t_gmax);
  json->Number("shortLivedThreshold", p.short_lived_threshold);
  json->Text("ending", model::EndingName(p.ending));
  json->Integer("exitStatus", p.exit_status);
  json->NumberIfKnown("peakRssBytes", p.peak_rss_bytes.value_or(0));
  json->NumberIfKnown("threads", p.thread_count);
  json->NumberIfKnown("startUnixMs", p.start_unix_ms);
  json->Number("mergedProfiles", p.merged_profiles);
  json->TextIfKnown("memshimVersion", p.memshim_version);
  json->Flag("hasLifetimes", p.has_lifetimes);
  json->List("notes", p.notes, [&](const std::string& note) { json->String(note); });
  json->List("losses", p.losses, [&](const model::Loss& loss) {
    json->StartArray();
    json->String(loss.what);
    json->Uint64(loss.count);
    json->EndArray();
  });
  json->Number("foldedPoints", p.folded_points);
  json->Number("foldedBytes", p.folded_bytes);
  json->Number("points", p.points.size());
  json->List("timeline", p.timeline, [&](const model::TimelineSample& sample) {
    json->Row({sample.time, sample.live_bytes, sample.live_blocks});
  });
  json->List("resident", p.resident, [&](const model::ResidentSample& sample) {
    json->Row({sample.time, sample.bytes});
  });
}

void WriteFrames(const model::Profile& profile, const StackTree& tree, Json* json) {
  json->List("modules", profile.modules,
             [&](const model::Module& module) { json->String(module.path); });
  json->List("frames", tree.frames, [&](const ShownFrame& shown) {
    const model::Frame& frame = profile.frames[shown.frame];
    json->StartArray();
    json->String(shown.label);
    json->String(frame.file);
    json->Uint64(shown.line);
    json->Int64(frame.module == model::kNoModule ? -1 : int64_t{frame.module});
    json->Int(static_cast<int>(metrics::ClassifyFrame(profile, frame)));
    json->EndArray();
  });
}

// Name, frame or -1, line, kind.
void WriteSites(const model::Profile& profile, const StackTree& tree,
                const metrics::SiteFinder& finder, const std::vector<metrics::SiteGroup>& groups,
                Json* json) {
  json->List("sites", groups, [&](const metrics::SiteGroup& group) {
    const model::Point& point = profile.points[group.points.front()];
    const size_t position = finder.FindSite(point).position;
    json->StartArray();
    json->String(render::SiteName(group, /*full_names=*/false, render::kAnyWidth));
    json->Int64(position == metrics::kNoFrame ? -1
                                              : int64_t{tree.shown_as[point.frames[position]]});
    json->Uint64(group.line);
    json->Int(static_cast<int>(group.kind));
    json->EndArray();
  });
}

}  // namespace

std::string PageData(const PageProfile& page) {
  const model::Profile& profile = *page.profile;
  const StackTree tree = BuildStackTree(profile);
  const metrics::SiteFinder finder(profile);
  const std::vector<metrics::SiteGroup> groups = metrics::GroupBySite(profile, finder);
  std::vector<uint32_t> site_of(profile.points.size());
  for (uint32_t i = 0; i < groups.size(); ++i) {
    for (uint32_t point : groups[i].points) site_of[point] = i;
  }
  const Rows rows = MergePoints(profile, tree, site_of);
  Columns columns;
  columns.Add("nodeFrame", tree.node_frame);
  columns.Add("firstChild", tree.first_child);
  columns.Add("pointNode", rows.node);
  columns.Add("pointSite", rows.site);
  AddFigures(profile, rows, &columns);

  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.Object([&] {
    WriteRun(page, &json);
    WriteFrames(profile, tree, &json);
    WriteSites(profile, tree, finder, groups, &json);
    columns.Describe(&json);
  });
  std::string header(buffer.GetString(), buffer.GetSize());
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const uint32_t sizes[] = {static_cast<uint32_t>(header.size()), 0};
  std::string data(reinterpret_cast<const char*>(sizes), sizeof(sizes));
  data += header;
  data += columns.bytes();
  return data;
}

}  // namespace memshim::analyzer::page
