// See speedscope.h. The format is told by the schema that its file names.
#include "analyzer/convert/speedscope.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "analyzer/convert/label.h"
#include "analyzer/convert/metric.h"
#include "analyzer/dhat/json_writer.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::convert {
namespace {

using Json = dhat::JsonWriter<dhat::SinkStream>;

// Points without any of the metric are left out: most of a profile has nothing live at the end.
void WriteOne(const model::Profile& profile, const Metric& metric, Json* json) {
  const auto for_each_told = [&](auto write) {
    for (const model::Point& point : profile.points) {
      if (point.counters.*metric.figure > 0) write(point);
    }
  };
  uint64_t sum = 0;
  for_each_told([&](const model::Point& point) {
    sum = model::SaturatingAdd(sum, point.counters.*metric.figure);
  });
  json->Text("type", "sampled");
  json->Text("name", metric.title);
  json->Text("unit", metric.is_bytes && profile.bytes_unit == "bytes" ? "bytes" : "none");
  json->Number("startValue", 0);
  json->Number("endValue", sum);
  json->Key("samples");
  json->StartArray();
  for_each_told([&](const model::Point& point) {
    json->StartArray();
    for (size_t i = point.frames.size(); i > 0; --i) json->Uint64(point.frames[i - 1]);
    json->EndArray();
  });
  json->EndArray();
  json->Key("weights");
  json->StartArray();
  for_each_told([&](const model::Point& point) { json->Uint64(point.counters.*metric.figure); });
  json->EndArray();
}

}  // namespace

void WriteSpeedscope(const model::Profile& profile, dhat::ByteSink* sink) {
  dhat::SinkStream stream(sink);
  Json json(stream);
  json.Object([&] {
    json.Text("$schema", "https://www.speedscope.app/file-format-schema.json");
    json.Text("exporter", absl::StrCat("memshim ", MEMSHIM_VERSION));
    json.Text("name", OneLine(profile.command));
    json.Number("activeProfileIndex", 0);
    json.Object("shared", [&] {
      json.List("frames", profile.frames, [&](const model::Frame& frame) {
        json.Object([&] {
          json.Text("name", FrameLabel(profile, frame));
          json.TextIfKnown("file", OneLine(frame.file));
          json.NumberIfKnown("line", frame.line);
        });
      });
    });
    json.List("profiles", MetricsOf(profile), [&](const Metric* metric) {
      json.Object([&] { WriteOne(profile, *metric, &json); });
    });
  });
  stream.Put('\n');
  stream.Flush();
}

}  // namespace memshim::analyzer::convert
