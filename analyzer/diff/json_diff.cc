// See json_diff.h.
#include "analyzer/diff/json_diff.h"

#include <rapidjson/stringbuffer.h>

#include <cstdint>

#include "absl/strings/string_view.h"
#include "analyzer/dhat/json_writer.h"
#include "analyzer/render/rank_names.h"

namespace memshim::analyzer::diff {
namespace {

using model::Counters;

constexpr uint64_t kSchemaVersion = 1;

constexpr struct {
  absl::string_view name;
  uint64_t Counters::*figure;
} kFigures[] = {
    {"totalBytes", &Counters::total_bytes},
    {"totalBlocks", &Counters::total_blocks},
    {"gmaxBytes", &Counters::gmax_bytes},
    {"gmaxBlocks", &Counters::gmax_blocks},
    {"endBytes", &Counters::end_bytes},
    {"endBlocks", &Counters::end_blocks},
    {"temporaryBytes", &Counters::temporary_bytes},
    {"temporaryBlocks", &Counters::temporary_blocks},
};

absl::string_view ChangeName(Change change) {
  switch (change) {
    case Change::kAppeared:
      return "appeared";
    case Change::kGrew:
      return "grew";
    case Change::kShrank:
      return "shrank";
    case Change::kGone:
      return "gone";
  }
  return "";
}

class Document {
 public:
  explicit Document(const Comparison& comparison) : comparison_(comparison), json_(buffer_) {}

  std::string Render(const DiffOptions& options);

 private:
  void Run(absl::string_view key, absl::string_view file, absl::string_view command);
  void Pair(absl::string_view key, uint64_t before, uint64_t after);
  void Figures(absl::string_view key, const Counters& counters);
  void Site(const SiteChange& change);

  const Comparison& comparison_;
  rapidjson::StringBuffer buffer_;
  dhat::JsonWriter<rapidjson::StringBuffer> json_;
};

void Document::Run(absl::string_view key, absl::string_view file, absl::string_view command) {
  json_.Object(key, [&] {
    json_.Text("file", file);
    json_.Text("command", command);
  });
}

void Document::Pair(absl::string_view key, uint64_t before, uint64_t after) {
  json_.Object(key, [&] {
    json_.Number("old", before);
    json_.Number("new", after);
  });
}

void Document::Figures(absl::string_view key, const Counters& counters) {
  json_.Object(key, [&] {
    for (const auto& named : kFigures) json_.Number(named.name, counters.*named.figure);
  });
}

void Document::Site(const SiteChange& change) {
  const metrics::SiteGroup& site = change.site;
  json_.Text("change", ChangeName(change.change));
  json_.Number("old", change.before);
  json_.Number("new", change.after);
  json_.Text("kind", render::SiteKindName(site.kind));
  json_.TextIfKnown("label", site.label);
  json_.TextIfKnown("function", site.function);
  json_.TextIfKnown("file", site.file);
  json_.NumberIfKnown("line", site.line);
  json_.TextIfKnown("module", site.module_path);
  json_.NumberIfKnown("moduleOffset", site.module_offset);
  Figures("oldFigures", change.before_counters);
  Figures("newFigures", change.after_counters);
}

std::string Document::Render(const DiffOptions& options) {
  const Comparison& c = comparison_;
  json_.Object([&] {
    json_.Text("schema", "memshim-diff");
    json_.Number("schemaVersion", kSchemaVersion);
    Run("old", options.old_file, c.command_before);
    Run("new", options.new_file, c.command_after);
    json_.Text("bytesUnit", c.bytes_unit);
    json_.Text("timeUnit", c.time_unit);
    json_.Object("totals", [&] {
      for (const TotalChange& total : c.totals) Pair(total.name, total.before, total.after);
    });
    json_.Text("sort", render::NameOf(c.by));
    Pair("whole", c.whole_before, c.whole_after);
    json_.Number("least", c.least);
    json_.List("sites", c.sites,
               [&](const SiteChange& change) { json_.Object([&] { Site(change); }); });
    json_.Object("small", [&] {
      json_.Number("sites", c.small.sites);
      json_.Number("grown", c.small.grown);
      json_.Number("shrunk", c.small.shrunk);
    });
    json_.Number("unchangedSites", c.unchanged_sites);
    json_.List("remarks", c.remarks, [&](const std::string& remark) { json_.String(remark); });
  });
  buffer_.Put('\n');
  return std::string(buffer_.GetString(), buffer_.GetSize());
}

}  // namespace

std::string JsonDiff(const Comparison& comparison, const DiffOptions& options) {
  return Document(comparison).Render(options);
}

}  // namespace memshim::analyzer::diff
