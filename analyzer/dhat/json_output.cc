// See json_output.h. The order of keys and the line breaks follow valgrind: a line for each point
// and each frame, so that text tools work on the file.
#include "analyzer/dhat/json_output.h"

#include <rapidjson/writer.h>

#include <algorithm>
#include <string>

#include "analyzer/dhat/shim_data.h"
#include "analyzer/dhat/utf8.h"
#include "analyzer/model/ending_name.h"

namespace memshim::analyzer::dhat {
namespace {

// What RapidJSON calls an output stream.
class SinkStream {
 public:
  using Ch = char;

  explicit SinkStream(ByteSink* sink) : sink_(sink) {}

  void Put(char c) {
    if (used_ == buffer_.size()) Flush();
    buffer_[used_++] = c;
  }
  void Flush() {
    sink_->Write(absl::string_view(buffer_.data(), used_));
    used_ = 0;
  }

 private:
  ByteSink* sink_;
  size_t used_ = 0;
  std::array<char, size_t{1} << 16> buffer_;
};

class Serializer {
 public:
  explicit Serializer(ByteSink* sink) : stream_(sink), json_(stream_) {}

  void Write(const model::Profile& profile, bool with_points_and_frames);

 private:
  void Head(const model::Profile& profile);
  void Point(const model::Profile& profile, const model::Point& point);
  void ShimData(const model::Profile& profile, bool with_frames);
  void FrameData(const model::Profile& profile);
  void Timeline(const model::Profile& profile);

  void Text(absl::string_view key, absl::string_view value) {
    Key(key);
    String(value);
  }
  void Number(absl::string_view key, uint64_t value) {
    Key(key);
    json_.Uint64(value);
  }
  void Flag(absl::string_view key, bool value) {
    Key(key);
    json_.Bool(value);
  }
  void Key(absl::string_view key) {
    json_.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  }
  void String(absl::string_view text) {
    const std::string valid = MakeValidUtf8(text);
    json_.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
  }
  // Blanks between JSON tokens mean nothing, so a line may begin before any value.
  void NewLine() { stream_.Put('\n'); }

  SinkStream stream_;
  rapidjson::Writer<SinkStream> json_;
};

void Serializer::Write(const model::Profile& profile, bool with_points_and_frames) {
  json_.StartObject();
  Head(profile);
  Key("pps");
  json_.StartArray();
  if (with_points_and_frames) {
    for (const model::Point& point : profile.points) Point(profile, point);
  }
  json_.EndArray();
  NewLine();
  Key("ftbl");
  json_.StartArray();
  if (with_points_and_frames) {
    for (const model::Frame& frame : profile.frames) {
      NewLine();
      String(frame.text);
    }
  }
  json_.EndArray();
  // A file of others that we made smaller must say so as well.
  if (profile.is_ours || profile.folded_points > 0 || profile.cut_points > 0) {
    NewLine();
    ShimData(profile, with_points_and_frames);
  }
  json_.EndObject();
  NewLine();
  stream_.Flush();
}

void Serializer::Head(const model::Profile& profile) {
  const model::Profile defaults;
  // A time of 0 makes the viewer print rates of infinity.
  const uint64_t t_end = std::max<uint64_t>(profile.t_end, 1);
  Number("dhatFileVersion", 2);
  Text("mode", profile.mode.empty() ? "heap" : profile.mode);
  Text("verb", profile.verb);
  Flag("bklt", profile.has_lifetimes);
  Flag("bkacc", profile.has_accesses);
  if (profile.byte_unit != defaults.byte_unit || profile.bytes_unit != defaults.bytes_unit ||
      profile.blocks_unit != defaults.blocks_unit) {
    // All three or none: the viewer prints "undefined" for the second if only the first is there.
    Text("bu", profile.byte_unit);
    Text("bsu", profile.bytes_unit);
    Text("bksu", profile.blocks_unit);
  }
  Text("tu", profile.time_unit);
  Text("Mtu", profile.million_time_units);
  if (profile.has_lifetimes) Number("tuth", profile.short_lived_threshold);
  Text("cmd", profile.command);
  Number("pid", profile.pid);
  Number("te", t_end);
  if (profile.has_lifetimes) Number("tg", std::min(profile.t_gmax, t_end));
  NewLine();
}

void Serializer::Point(const model::Profile& profile, const model::Point& point) {
  const model::Counters& c = point.counters;
  NewLine();
  json_.StartObject();
  Number("tb", c.total_bytes);
  Number("tbk", c.total_blocks);
  if (profile.has_lifetime_sums && profile.has_lifetimes) Number("tl", c.lifetime);
  if (profile.has_lifetimes) {
    Number("mb", c.max_bytes);
    Number("mbk", c.max_blocks);
    Number("gb", c.gmax_bytes);
    Number("gbk", c.gmax_blocks);
    Number("eb", c.end_bytes);
    Number("ebk", c.end_blocks);
  }
  if (profile.has_accesses) {
    Number("rb", c.read_bytes);
    Number("wb", c.written_bytes);
  }
  if (c.temporary_blocks != 0) {
    Number("temporaryBytes", c.temporary_bytes);
    Number("temporaryBlocks", c.temporary_blocks);
  }
  if (point.max_is_lower_bound) Flag("maxIsLowerBound", true);
  Key("fs");
  json_.StartArray();
  for (uint32_t frame : point.frames) json_.Uint(frame);
  json_.EndArray();
  json_.EndObject();
}

void Serializer::ShimData(const model::Profile& profile, bool with_frames) {
  Key("memshim");
  json_.StartObject();
  Number("schema", kShimDataSchema);
  Text("version", profile.memshim_version);
  Text("ending", model::EndingName(profile.ending));
  Key("exitStatus");
  json_.Int(profile.exit_status);
  if (profile.peak_rss_bytes.has_value()) Number("peakRssBytes", *profile.peak_rss_bytes);
  Number("threads", profile.thread_count);
  Number("startUnixMs", profile.start_unix_ms);
  Number("foldedPoints", profile.folded_points);
  Number("foldedBytes", profile.folded_bytes);
  Number("cutPoints", profile.cut_points);
  if (profile.verification.has_value()) {
    const model::Verification& v = *profile.verification;
    Key("verify");
    json_.StartArray();
    for (uint64_t n : {v.equal, v.equal_where_described, v.different, v.not_compared}) {
      json_.Uint64(n);
    }
    json_.EndArray();
  }
  Key("losses");
  json_.StartArray();
  for (const model::Loss& loss : profile.losses) {
    json_.StartArray();
    String(loss.what);
    json_.Uint64(loss.count);
    json_.EndArray();
  }
  json_.EndArray();
  Key("notes");
  json_.StartArray();
  for (const std::string& note : profile.notes) String(note);
  json_.EndArray();
  Key("modules");
  json_.StartArray();
  for (const model::Module& module : profile.modules) {
    json_.StartArray();
    String(module.path);
    String(module.build_id);
    json_.EndArray();
  }
  json_.EndArray();
  if (with_frames) FrameData(profile);
  Timeline(profile);
  json_.EndObject();
}

void Serializer::FrameData(const model::Profile& profile) {
  NewLine();
  Key("frameModules");
  json_.StartArray();
  for (const model::Frame& frame : profile.frames) {
    if (frame.module == model::kNoModule) {
      json_.Int(-1);
    } else {
      json_.Uint(frame.module);
    }
  }
  json_.EndArray();
  Key("inlinedFrames");
  json_.StartArray();
  for (size_t i = 0; i < profile.frames.size(); ++i) {
    if (profile.frames[i].is_inlined) json_.Uint64(i);
  }
  json_.EndArray();
}

void Serializer::Timeline(const model::Profile& profile) {
  NewLine();
  Key("timeline");
  json_.StartArray();
  for (const model::TimelineSample& sample : profile.timeline) {
    json_.StartArray();
    json_.Uint64(sample.time);
    json_.Uint64(sample.live_bytes);
    json_.Uint64(sample.live_blocks);
    json_.EndArray();
  }
  json_.EndArray();
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
  for (char c : frame.text) {
    const uint8_t byte = static_cast<uint8_t>(c);
    bytes += byte < 0x20 ? 6 : byte >= 0x80 ? 3 : c == '"' || c == '\\' ? 2 : 1;
  }
  return bytes;
}

uint64_t PointJsonBytes(const model::Counters& counters, size_t stack_frames, int index_digits,
                        bool has_accesses, bool max_is_lower_bound) {
  constexpr uint64_t kKeys = 70;
  constexpr uint64_t kFlag = 24;
  constexpr uint64_t kAccessKeys = 14;
  constexpr uint64_t kTemporaryKeys = 37;
  uint64_t bytes = kKeys + stack_frames * static_cast<uint64_t>(index_digits + 1);
  if (max_is_lower_bound) bytes += kFlag;
  for (uint64_t number : {counters.total_bytes, counters.total_blocks, counters.lifetime,
                          counters.max_bytes, counters.max_blocks, counters.gmax_bytes,
                          counters.gmax_blocks, counters.end_bytes, counters.end_blocks}) {
    bytes += static_cast<uint64_t>(DecimalDigits(number));
  }
  if (counters.temporary_blocks != 0) {
    bytes += kTemporaryKeys + static_cast<uint64_t>(DecimalDigits(counters.temporary_bytes) +
                                                    DecimalDigits(counters.temporary_blocks));
  }
  if (has_accesses) {
    bytes += kAccessKeys + static_cast<uint64_t>(DecimalDigits(counters.read_bytes) +
                                                 DecimalDigits(counters.written_bytes));
  }
  return bytes;
}

}  // namespace memshim::analyzer::dhat
