// See json_output.h. The order of keys and the line breaks follow valgrind: a line for each point
// and each frame, so that text tools work on the file.
#include "analyzer/dhat/json_output.h"

#include <algorithm>
#include <string>
#include <vector>

#include "analyzer/dhat/json_writer.h"
#include "analyzer/dhat/point_details.h"
#include "analyzer/dhat/shim_data.h"
#include "analyzer/dhat/sink_stream.h"
#include "analyzer/model/ending_name.h"

namespace memshim::analyzer::dhat {
namespace {

class Serializer {
 public:
  explicit Serializer(ByteSink* sink) : stream_(sink), json_(stream_) {}

  void Write(const model::Profile& profile, bool with_points_and_frames);

 private:
  void Head(const model::Profile& profile);
  void Point(const model::Profile& profile, const model::Point& point);
  void ShimData(const model::Profile& profile, bool with_frames);
  void Details(const model::Profile& profile, bool with_frames);
  void FrameData(const model::Profile& profile);

  // Blanks between JSON tokens mean nothing, so a line may begin before any value.
  void NewLine() { stream_.Put('\n'); }

  SinkStream stream_;
  JsonWriter<SinkStream> json_;
};

void Serializer::Write(const model::Profile& profile, bool with_points_and_frames) {
  const std::vector<model::Point> no_points;
  const std::vector<model::Frame> no_frames;
  json_.Object([&] {
    Head(profile);
    json_.List("pps", with_points_and_frames ? profile.points : no_points,
               [&](const model::Point& point) {
                 NewLine();
                 json_.Object([&] { Point(profile, point); });
               });
    NewLine();
    json_.List("ftbl", with_points_and_frames ? profile.frames : no_frames,
               [&](const model::Frame& frame) {
                 NewLine();
                 json_.String(frame.text);
               });
    // A file of others that we made smaller must say so as well.
    if (profile.is_ours || profile.folded_points > 0 || profile.cut_points > 0) {
      NewLine();
      json_.Object("memshim", [&] { ShimData(profile, with_points_and_frames); });
    }
  });
  NewLine();
  stream_.Flush();
}

void Serializer::Head(const model::Profile& profile) {
  const model::Profile defaults;
  // A time of 0 makes the viewer print rates of infinity.
  const uint64_t t_end = std::max<uint64_t>(profile.t_end, 1);
  json_.Number("dhatFileVersion", 2);
  json_.Text("mode", profile.mode.empty() ? "heap" : profile.mode);
  json_.Text("verb", profile.verb);
  json_.Flag("bklt", profile.has_lifetimes);
  json_.Flag("bkacc", profile.has_accesses);
  if (profile.byte_unit != defaults.byte_unit || profile.bytes_unit != defaults.bytes_unit ||
      profile.blocks_unit != defaults.blocks_unit) {
    // All three or none: the viewer prints "undefined" for the second if only the first is there.
    json_.Text("bu", profile.byte_unit);
    json_.Text("bsu", profile.bytes_unit);
    json_.Text("bksu", profile.blocks_unit);
  }
  json_.Text("tu", profile.time_unit);
  json_.Text("Mtu", profile.million_time_units);
  if (profile.has_lifetimes) json_.Number("tuth", profile.short_lived_threshold);
  json_.Text("cmd", profile.command);
  json_.Number("pid", profile.pid);
  json_.Number("te", t_end);
  if (profile.has_lifetimes) json_.Number("tg", std::min(profile.t_gmax, t_end));
  NewLine();
}

void Serializer::Point(const model::Profile& profile, const model::Point& point) {
  const model::Counters& c = point.counters;

  json_.Number("tb", c.total_bytes);
  json_.Number("tbk", c.total_blocks);
  if (profile.has_lifetime_sums && profile.has_lifetimes) json_.Number("tl", c.lifetime);
  if (profile.has_lifetimes) {
    json_.Number("mb", c.max_bytes);
    json_.Number("mbk", c.max_blocks);
    json_.Number("gb", c.gmax_bytes);
    json_.Number("gbk", c.gmax_blocks);
    json_.Number("eb", c.end_bytes);
    json_.Number("ebk", c.end_blocks);
  }
  if (profile.has_accesses) {
    json_.Number("rb", c.read_bytes);
    json_.Number("wb", c.written_bytes);
  }
  WriteDetails(c, &json_);
  if (point.max_is_lower_bound) json_.Flag("maxIsLowerBound", true);
  json_.NumberList("fs", point.frames);
}

void Serializer::Details(const model::Profile& profile, bool with_frames) {
  NewLine();
  json_.Fraction("lifetimeTickUs", profile.lifetime_tick_us);
  json_.Number("lateSince", profile.t_late);
  json_.NumberList("moments", profile.moments);
  if (!with_frames) return;
  json_.List("failedRequests", profile.failed_requests, [&](const model::FailedRequests& failed) {
    NewLine();
    json_.Object([&] {
      json_.Number("count", failed.count);
      json_.Number("bytes", failed.bytes);
      json_.Number("largest", failed.largest);
      json_.NumberList("fs", failed.frames);
    });
  });
}

void Serializer::ShimData(const model::Profile& profile, bool with_frames) {
  json_.Number("schema", kShimDataSchema);
  json_.Text("version", profile.memshim_version);
  json_.Text("ending", model::EndingName(profile.ending));
  json_.Integer("exitStatus", profile.exit_status);
  if (profile.peak_rss_bytes.has_value()) json_.Number("peakRssBytes", *profile.peak_rss_bytes);
  if (profile.own_rss_bytes.has_value()) json_.Number("ownRssBytes", *profile.own_rss_bytes);
  json_.Number("threads", profile.thread_count);
  json_.Number("startUnixMs", profile.start_unix_ms);
  if (profile.merged_profiles > 0) json_.Number("mergedProfiles", profile.merged_profiles);
  json_.Number("foldedPoints", profile.folded_points);
  json_.Number("foldedBytes", profile.folded_bytes);
  json_.Number("cutPoints", profile.cut_points);
  if (profile.verification.has_value()) {
    const model::Verification& v = *profile.verification;
    json_.Key("verify");
    json_.Row({v.equal, v.equal_where_described, v.different, v.not_compared});
  }
  json_.List("losses", profile.losses, [&](const model::Loss& loss) {
    json_.StartArray();
    json_.String(loss.what);
    json_.Uint64(loss.count);
    json_.EndArray();
  });
  json_.List("notes", profile.notes, [&](const std::string& note) { json_.String(note); });
  json_.List("modules", profile.modules, [&](const model::Module& module) {
    json_.StartArray();
    json_.String(module.path);
    json_.String(module.build_id);
    json_.EndArray();
  });
  if (profile.has_details) Details(profile, with_frames);
  if (with_frames) FrameData(profile);
  NewLine();
  json_.List("timeline", profile.timeline, [&](const model::TimelineSample& sample) {
    json_.Row({sample.time, sample.live_bytes, sample.live_blocks});
  });
  if (profile.resident.empty()) return;
  NewLine();
  json_.List("resident", profile.resident, [&](const model::ResidentSample& sample) {
    json_.Row({sample.time, sample.bytes});
  });
}

void Serializer::FrameData(const model::Profile& profile) {
  NewLine();
  std::vector<uint64_t> inlined;
  for (size_t i = 0; i < profile.frames.size(); ++i) {
    if (profile.frames[i].is_inlined) inlined.push_back(i);
  }
  json_.List("frameModules", profile.frames, [&](const model::Frame& frame) {
    json_.Int64(frame.module == model::kNoModule ? -1 : int64_t{frame.module});
  });
  json_.NumberList("inlinedFrames", inlined);
}

}  // namespace

void WriteJson(const model::Profile& profile, ByteSink* sink) {
  Serializer(sink).Write(profile, true);
}

void WriteJsonFrame(const model::Profile& profile, ByteSink* sink) {
  Serializer(sink).Write(profile, false);
}

int DecimalDigits(uint64_t number) {
  int digits = 1;
  for (; number >= 10; number /= 10) ++digits;
  return digits;
}

uint64_t FrameJsonBytes(const model::Frame& frame) {
  constexpr uint64_t kQuotesCommaNewLine = 4;
  constexpr uint64_t kModuleAndInlined = 20;
  uint64_t bytes = kQuotesCommaNewLine + kModuleAndInlined;
  bytes += frame.text.size();
  for (const char c : frame.text) {  // without branches: these are the longest texts there are
    const uint8_t byte = static_cast<uint8_t>(c);
    bytes += (byte < 0x20) * 5u + (byte >= 0x80) * 2u + ((c == '"') | (c == '\\'));
  }
  return bytes;
}

namespace {

class CountingStream {
 public:
  using Ch = char;

  void Put(char) { ++count_; }
  void Flush() {}
  uint64_t count() const { return count_; }

 private:
  uint64_t count_ = 0;
};

// Serialized for its length, which depends on many figures.
uint64_t DetailsJsonBytes(const model::Counters& counters) {
  CountingStream stream;
  JsonWriter<CountingStream> json(stream);
  json.StartObject();
  WriteDetails(counters, &json);
  json.EndObject();
  return stream.count();
}

}  // namespace

uint64_t PointJsonBytes(const model::Counters& counters, size_t stack_frames, int index_digits,
                        bool has_accesses, bool max_is_lower_bound) {
  constexpr uint64_t kKeys = 70;
  constexpr uint64_t kFlag = 24;
  constexpr uint64_t kAccessKeys = 14;
  uint64_t bytes = kKeys + stack_frames * static_cast<uint64_t>(index_digits + 1);
  if (max_is_lower_bound) bytes += kFlag;
  for (uint64_t number : {counters.total_bytes, counters.total_blocks, counters.lifetime,
                          counters.max_bytes, counters.max_blocks, counters.gmax_bytes,
                          counters.gmax_blocks, counters.end_bytes, counters.end_blocks}) {
    bytes += static_cast<uint64_t>(DecimalDigits(number));
  }
  bytes += DetailsJsonBytes(counters);
  if (has_accesses) {
    bytes += kAccessKeys + static_cast<uint64_t>(DecimalDigits(counters.read_bytes) +
                                                 DecimalDigits(counters.written_bytes));
  }
  return bytes;
}

}  // namespace memshim::analyzer::dhat
