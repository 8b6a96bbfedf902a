// See pprof.h. A location of that format is an address with all functions that are inlined there,
// so the frames of inlined functions and the one they end in become one.
#include "analyzer/convert/pprof.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analyzer/convert/gzip.h"
#include "analyzer/convert/label.h"
#include "analyzer/convert/profile.pb.h"
#include "analyzer/metrics/frame_kind.h"

namespace memshim::analyzer::convert {
namespace {

int64_t Signed(uint64_t number) {
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::min(number, kMost));
}

class Builder {
 public:
  Builder(const model::Profile& profile, bool live_at_peak)
      : profile_(profile), labels_(FrameLabels(profile)), live_at_peak_(live_at_peak) {
    Text("");
  }

  std::string Build();

 private:
  int64_t Text(absl::string_view text);
  void Head();
  void AddType(absl::string_view type, absl::string_view unit);
  void Mappings();
  void Sample(const model::Point& point);
  uint64_t LocationOf(const std::vector<uint32_t>& frames);
  uint64_t FunctionOf(uint32_t frame);

  const model::Profile& profile_;
  std::vector<std::string> labels_;
  bool live_at_peak_;
  pprof::Profile out_;
  absl::flat_hash_map<std::string, int64_t> texts_;
  absl::flat_hash_map<std::vector<uint32_t>, uint64_t> locations_;
  absl::flat_hash_map<std::tuple<int64_t, int64_t>, uint64_t> functions_;
};

int64_t Builder::Text(absl::string_view text) {
  std::string line = OneLine(text);
  const auto [entry, is_new] = texts_.try_emplace(line, out_.string_table_size());
  if (is_new) out_.add_string_table(line);
  return entry->second;
}

void Builder::AddType(absl::string_view type, absl::string_view unit) {
  pprof::ValueType* added = out_.add_sample_type();
  added->set_type(Text(type));
  added->set_unit(Text(unit));
}

void Builder::Head() {
  // In this order pprof's own heap profiles have them.
  const bool counts_blocks = profile_.blocks_unit == "blocks";
  const std::string count = counts_blocks ? "count" : profile_.blocks_unit;
  AddType("alloc_objects", count);
  AddType("alloc_space", profile_.bytes_unit);
  AddType("inuse_objects", count);
  AddType("inuse_space", profile_.bytes_unit);
  out_.set_default_sample_type(Text("alloc_space"));
  out_.mutable_period_type()->set_type(Text("space"));
  out_.mutable_period_type()->set_unit(Text(profile_.bytes_unit));
  out_.set_period(1);  // every block
  constexpr uint64_t kNanosAMilli = 1'000'000, kNanosAMicro = 1000;
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  if (profile_.start_unix_ms <= kMost / kNanosAMilli) {
    out_.set_time_nanos(Signed(profile_.start_unix_ms * kNanosAMilli));
  }
  if (profile_.time_unit == "µs" && profile_.t_end <= kMost / kNanosAMicro) {
    out_.set_duration_nanos(Signed(profile_.t_end * kNanosAMicro));
  }
  out_.add_comment(Text(absl::StrCat("Command: ", profile_.command)));
  out_.add_comment(
      Text(absl::StrCat("In use: what was live ", live_at_peak_ ? "at the peak." : "at the end.")));
  for (const std::string& note : profile_.notes) out_.add_comment(Text(note));
  for (const model::Loss& loss : profile_.losses) {
    out_.add_comment(Text(absl::StrCat("Not recorded: ", loss.count, " ", loss.what)));
  }
}

// Where a module lay is told by the frames in it.
void Builder::Mappings() {
  constexpr uint64_t kPage = 4096;
  for (size_t i = 0; i < profile_.modules.size(); ++i) {
    pprof::Mapping* mapping = out_.add_mapping();
    mapping->set_id(i + 1);
    mapping->set_filename(Text(profile_.modules[i].path));
    mapping->set_build_id(Text(profile_.modules[i].build_id));
    mapping->set_has_functions(true);
    mapping->set_has_filenames(true);
    mapping->set_has_line_numbers(true);
    mapping->set_has_inline_frames(true);
  }
  for (const model::Frame& frame : profile_.frames) {
    if (frame.module == model::kNoModule || frame.address == 0) continue;
    pprof::Mapping* mapping = out_.mutable_mapping(static_cast<int>(frame.module));
    const uint64_t start = frame.address / kPage * kPage;
    const bool is_first = mapping->memory_limit() == 0;
    mapping->set_memory_start(is_first ? start : std::min(mapping->memory_start(), start));
    mapping->set_memory_limit(std::max(mapping->memory_limit(), start + kPage));
  }
}

uint64_t Builder::FunctionOf(uint32_t frame) {
  const int64_t name = Text(labels_[frame]);
  const int64_t file = Text(profile_.frames[frame].file);
  const auto [entry, is_new] =
      functions_.try_emplace({name, file}, static_cast<uint64_t>(out_.function_size()) + 1);
  if (is_new) {
    pprof::Function* function = out_.add_function();
    function->set_id(entry->second);
    function->set_name(name);
    function->set_system_name(name);
    function->set_filename(file);
  }
  return entry->second;
}

uint64_t Builder::LocationOf(const std::vector<uint32_t>& frames) {
  const auto [entry, is_new] =
      locations_.try_emplace(frames, static_cast<uint64_t>(out_.location_size()) + 1);
  if (!is_new) return entry->second;
  const model::Frame& code = profile_.frames[frames.back()];
  pprof::Location* location = out_.add_location();
  location->set_id(entry->second);
  if (code.module != model::kNoModule) location->set_mapping_id(uint64_t{code.module} + 1);
  location->set_address(code.address);
  for (uint32_t frame : frames) {
    pprof::Line* line = location->add_line();
    line->set_function_id(FunctionOf(frame));
    line->set_line(profile_.frames[frame].line);
  }
  return entry->second;
}

void Builder::Sample(const model::Point& point) {
  const model::Counters& c = point.counters;
  pprof::Sample* sample = out_.add_sample();
  sample->add_value(Signed(c.total_blocks));
  sample->add_value(Signed(c.total_bytes));
  sample->add_value(Signed(live_at_peak_ ? c.gmax_blocks : c.end_blocks));
  sample->add_value(Signed(live_at_peak_ ? c.gmax_bytes : c.end_bytes));
  std::vector<uint32_t> frames;
  for (size_t i = 0; i < point.frames.size(); ++i) {
    const uint32_t frame = point.frames[i];
    frames.push_back(frame);
    if (profile_.frames[frame].is_inlined && i + 1 < point.frames.size()) continue;
    sample->add_location_id(LocationOf(frames));
    frames.clear();
  }
}

std::string Builder::Build() {
  Head();
  Mappings();
  for (const model::Point& point : profile_.points) Sample(point);
  return out_.SerializeAsString();
}

}  // namespace

void WritePprof(const model::Profile& profile, bool live_at_peak, dhat::ByteSink* sink) {
  sink->Write(Gzip(Builder(profile, live_at_peak).Build()));
}

}  // namespace memshim::analyzer::convert
