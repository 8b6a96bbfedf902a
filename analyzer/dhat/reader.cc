// See reader.h. One pass over the text fills the model; what depends on several parts of the
// file (needed keys, frame indices, equal stacks, inlined frames) is checked after it.
#include "analyzer/dhat/reader.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"
#include "analyzer/base/large_pages.h"
#include "analyzer/dhat/frame_text.h"
#include "analyzer/dhat/input_file.h"
#include "analyzer/dhat/json_input.h"
#include "analyzer/dhat/point_details.h"
#include "analyzer/dhat/point_reader.h"
#include "analyzer/dhat/shim_data_reader.h"
#include "analyzer/dhat/syntax_error.h"

namespace memshim::analyzer::dhat {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Top-level keys in the order in which DHAT's viewer asks for them.
constexpr absl::string_view kAlwaysNeeded[] = {"dhatFileVersion",
                                               "mode",
                                               "verb",
                                               "bklt",
                                               "bkacc",
                                               "tu",
                                               "Mtu",
                                               "cmd",
                                               "pid",
                                               "te",
                                               "pps",
                                               "ftbl"};
constexpr absl::string_view kNeededWithLifetimes[] = {"tg", "tuth"};

class FileReader {
 public:
  FileReader(const std::string& path, absl::string_view text) : input_(path, text) {}

  absl::StatusOr<model::Profile> Read(simdjson::ondemand::object root);

 private:
  absl::Status ReadField(absl::string_view key, JsonValue value);
  absl::Status ReadVersion(JsonValue value);
  absl::Status ReadPoints(JsonValue value);
  void ReservePoints(size_t bytes_read);
  absl::Status ReadFrameTable(JsonValue value);

  absl::Status CheckKeys() const;
  absl::Status CheckFrameIndices() const;
  absl::Status CheckRepeatedStacks() const;
  absl::Status ApplyFrameExtras();
  void MarkInlinedFrames();

  JsonInput input_;
  PointReader point_reader_{input_};
  model::Profile profile_;
  absl::flat_hash_set<std::string> keys_;
  std::vector<PointKeys> point_keys_;
  FrameExtras extras_;
  absl::flat_hash_map<std::string, uint32_t> module_indices_;  // of files that are not ours
  std::vector<uint32_t> modules_of_texts_;                     // one for each frame
  std::vector<model::Module> modules_in_texts_;
};

absl::Status FileReader::ReadField(absl::string_view key, JsonValue value) {
  const FieldPlace place = {key};
  model::Profile& p = profile_;
  keys_.emplace(key);
  if (key == "dhatFileVersion") return ReadVersion(value);
  if (key == "mode") return input_.GetString(value, place, &p.mode);
  if (key == "verb") return input_.GetString(value, place, &p.verb);
  if (key == "bklt") return input_.GetBool(value, place, &p.has_lifetimes);
  if (key == "bkacc") return input_.GetBool(value, place, &p.has_accesses);
  if (key == "bu") return input_.GetString(value, place, &p.byte_unit);
  if (key == "bsu") return input_.GetString(value, place, &p.bytes_unit);
  if (key == "bksu") return input_.GetString(value, place, &p.blocks_unit);
  if (key == "tu") return input_.GetString(value, place, &p.time_unit);
  if (key == "Mtu") return input_.GetString(value, place, &p.million_time_units);
  if (key == "tuth") return input_.GetUint(value, place, &p.short_lived_threshold);
  if (key == "cmd") return input_.GetString(value, place, &p.command);
  if (key == "pid") return input_.GetUint(value, place, &p.pid);
  if (key == "te") return input_.GetUint(value, place, &p.t_end);
  if (key == "tg") return input_.GetUint(value, place, &p.t_gmax);
  if (key == "pps") return ReadPoints(value);
  if (key == "ftbl") return ReadFrameTable(value);
  if (key == "memshim") return ReadShimData(input_, value, &p, &extras_);
  return absl::OkStatus();
}

absl::Status FileReader::ReadVersion(JsonValue value) {
  const absl::string_view version =
      absl::StripTrailingAsciiWhitespace(ToAbsl(value.raw_json_token()));
  if (version == "2") return absl::OkStatus();
  if (version == "1") {
    return input_.Error(
        "expected DHAT file version 2, found version 1, written by valgrind 3.16 or older; record "
        "with valgrind 3.17 or newer");
  }
  return input_.Error(
      absl::StrFormat("expected DHAT file version 2, found version %s; use a newer memshim-report",
                      Excerpt(version)));
}

absl::Status FileReader::ReadPoints(JsonValue value) {
  std::vector<model::Point>& points = profile_.points;
  points.clear();
  point_keys_.clear();
  const char* const begin = value.raw_json_token().data();
  return input_.ForEachElement(value, {"pps"}, [&](JsonValue element) {
    if (points.size() == points.capacity()) {
      ReservePoints(static_cast<size_t>(element.raw_json_token().data() - begin));
    }
    model::Point& point = points.emplace_back();
    PointKeys& keys = point_keys_.emplace_back();
    return point_reader_.Read(element, points.size(), &point, &keys);
  });
}

// Makes room for as many points as the rest of the file can hold if they go on as so far: a copy
// of all points at each doubling would cost as much time as to read a third of them.
void FileReader::ReservePoints(size_t bytes_read) {
  constexpr size_t kFirst = 1024;
  constexpr size_t kMostGrowth = 16;  // the rest may be no points at all
  const size_t read = profile_.points.size();
  const double expected = static_cast<double>(read) * static_cast<double>(input_.size()) /
                          static_cast<double>(std::max<size_t>(bytes_read, 1));
  const size_t wanted = std::max(2 * read, static_cast<size_t>(expected) + read / 64);
  profile_.points.reserve(std::max(kFirst, std::min(wanted, kMostGrowth * read)));
}

absl::Status FileReader::ReadFrameTable(JsonValue value) {
  profile_.frames.clear();
  modules_of_texts_.clear();
  return input_.ForEachElement(value, {"ftbl"}, [&](JsonValue element) {
    model::Frame& frame = profile_.frames.emplace_back();
    absl::Status status = input_.GetString(element, {"ftbl"}, &frame.text);
    const FrameParts parts = ParseFrameText(frame.text);
    frame.address = parts.address;
    frame.function = std::string(parts.function);
    frame.file = std::string(parts.file);
    frame.line = parts.line;
    uint32_t module = model::kNoModule;
    if (!parts.module_path.empty()) {
      const auto [entry, is_new] =
          module_indices_.emplace(parts.module_path, modules_in_texts_.size());
      if (is_new) modules_in_texts_.push_back({std::string(parts.module_path), ""});
      module = entry->second;
    }
    modules_of_texts_.push_back(module);
    return status;
  });
}

absl::Status FileReader::CheckKeys() const {
  if (!keys_.contains("dhatFileVersion")) {
    return input_.Error(
        "expected a DHAT profile, found JSON without \"dhatFileVersion\"; give the path of a "
        "dhat-heap.json");
  }
  const auto missing = [&](absl::string_view key) {
    return input_.Error(
        absl::StrFormat("expected the field \"%s\", found none; %s", key, kRecordAgain));
  };
  for (absl::string_view key : kAlwaysNeeded) {
    if (!keys_.contains(key)) return missing(key);
  }
  for (absl::string_view key : kNeededWithLifetimes) {
    if (profile_.has_lifetimes && !keys_.contains(key)) return missing(key);
  }
  for (size_t i = 0; i < point_keys_.size(); ++i) {
    const absl::string_view key =
        FindMissingKey(point_keys_[i], profile_.has_lifetimes, profile_.has_accesses);
    if (key.empty()) continue;
    return input_.Error(absl::StrFormat("expected the field \"%s\" in point %d, found none; %s",
                                        key, i + 1, kRecordAgain));
  }
  return absl::OkStatus();
}

absl::Status FileReader::CheckFrameIndices() const {
  const size_t count = profile_.frames.size();
  const auto check = [&](const std::vector<uint32_t>& frames, absl::string_view what, size_t i) {
    for (uint32_t frame : frames) {
      if (frame < count) continue;
      return input_.Error(
          absl::StrFormat("expected frame indices below %d, the size of \"ftbl\", found %d in "
                          "%s %d; %s",
                          count, frame, what, i + 1, kRecordAgain));
    }
    return absl::OkStatus();
  };
  absl::Status status;
  const bool are_points_right = point_reader_.largest_frame() < count;
  for (size_t i = 0; i < profile_.points.size() && status.ok() && !are_points_right; ++i) {
    status = check(profile_.points[i].frames, "point", i);
  }
  for (size_t i = 0; i < profile_.failed_requests.size() && status.ok(); ++i) {
    status = check(profile_.failed_requests[i].frames, "failed request", i);
  }
  return status;
}

absl::Status FileReader::CheckRepeatedStacks() const {
  const std::vector<model::Point>& points = profile_.points;
  const auto hash = [&](uint32_t i) {
    return absl::Hash<absl::Span<const uint32_t>>()(points[i].frames);
  };
  const auto equal = [&](uint32_t a, uint32_t b) { return points[a].frames == points[b].frames; };
  absl::flat_hash_set<uint32_t, decltype(hash), decltype(equal)> seen(points.size(), hash, equal);
  for (uint32_t i = 0; i < points.size(); ++i) {
    const auto [entry, is_new] = seen.insert(i);
    if (is_new) continue;
    return input_.Error(
        absl::StrFormat("expected points with stacks of their own, found that point %d has the "
                        "same stack as point %d; if valgrind wrote the file, record without its "
                        "debug symbols or with a larger --num-callers",
                        i + 1, *entry + 1));
  }
  return absl::OkStatus();
}

absl::Status FileReader::ApplyFrameExtras() {
  std::vector<model::Frame>& frames = profile_.frames;
  if (extras_.modules.empty()) {
    // Also instead of modules that no "frameModules" puts to the frames.
    profile_.modules = std::move(modules_in_texts_);
    for (size_t i = 0; i < frames.size(); ++i) frames[i].module = modules_of_texts_[i];
    return absl::OkStatus();
  }
  if (extras_.modules.size() != frames.size()) {
    return input_.Error(
        absl::StrFormat("expected %d entries in \"frameModules\", one for each frame, found %d; %s",
                        frames.size(), extras_.modules.size(), kRecordAgain));
  }
  for (size_t i = 0; i < frames.size(); ++i) {
    const uint32_t module = extras_.modules[i];
    if (module != model::kNoModule && module >= profile_.modules.size()) {
      return input_.Error(
          absl::StrFormat("expected numbers below %d in \"frameModules\", found %d; %s",
                          profile_.modules.size(), module, kRecordAgain));
    }
    frames[i].module = module;
  }
  return absl::OkStatus();
}

// The frames of inlined functions carry the address of the function they are inlined into, which
// follows them. A recursive function repeats its own address without being inlined, so a frame
// that ends a run of equal addresses anywhere is a real one.
void FileReader::MarkInlinedFrames() {
  std::vector<model::Frame>& frames = profile_.frames;
  if (profile_.is_ours) {
    for (uint32_t frame : extras_.inlined) {
      if (frame < frames.size()) frames[frame].is_inlined = true;
    }
    return;
  }
  // Apart, to lie close together: every frame of every stack is looked at.
  struct Run {
    uint64_t address;
    bool goes_on, ends;
  };
  std::vector<Run> runs;
  runs.reserve(frames.size());
  for (const model::Frame& frame : frames) runs.push_back({frame.address, false, false});
  for (const model::Point& point : profile_.points) {
    Run* inner = nullptr;
    for (const uint32_t frame : point.frames) {
      Run* const run = &runs[frame];
      if (inner != nullptr) {
        const bool has_same_next = inner->address != 0 && run->address == inner->address;
        (has_same_next ? inner->goes_on : inner->ends) = true;
      }
      inner = run;
    }
    if (inner != nullptr) inner->ends = true;
  }
  for (size_t i = 0; i < frames.size(); ++i) {
    frames[i].is_inlined = runs[i].goes_on && !runs[i].ends;
  }
}

// Units stand in every line of a report, so a hostile one must neither steer a terminal nor be
// long.
void CleanUnit(std::string* unit) {
  constexpr size_t kLongest = 24;
  if (unit->size() > kLongest) *unit = "?";
  for (char& c : *unit) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
}

absl::StatusOr<model::Profile> FileReader::Read(simdjson::ondemand::object root) {
  absl::Status status = input_.ForEachField(
      root, [&](absl::string_view key, JsonValue value) { return ReadField(key, value); });
  if (!status.ok()) return status;
  if (status = CheckKeys(); !status.ok()) return status;
  if (status = CheckFrameIndices(); !status.ok()) return status;
  if (status = CheckRepeatedStacks(); !status.ok()) return status;
  if (status = ApplyFrameExtras(); !status.ok()) return status;
  for (std::string* unit : {&profile_.byte_unit, &profile_.bytes_unit, &profile_.blocks_unit,
                            &profile_.time_unit, &profile_.million_time_units}) {
    CleanUnit(unit);
  }
  MarkInlinedFrames();
  if (profile_.has_details) {
    for (model::Point& point : profile_.points) CompleteDetails(&point.counters);
  }
  for (PointKeys keys : point_keys_) {
    if (!HasLifetimeSum(keys)) profile_.has_lifetime_sums = false;
  }
  if (!profile_.has_lifetimes) profile_.has_lifetime_sums = false;
  return std::move(profile_);
}

}  // namespace

absl::StatusOr<model::Profile> ReadProfile(const std::string& path) {
  absl::StatusOr<InputFile> file = InputFile::Read(path);
  if (!file.ok()) return file.status();
  absl::string_view text = file->text();
  size_t padded = file->padded_size();
  if (absl::StartsWith(text, kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
    padded -= kByteOrderMark.size();
  }
  // The parser's tables of the text, of which it does not use all, and the profile.
  PrepareHeapFor(8 * text.size());
  const JsonInput input(path, text);
  const absl::string_view content = absl::StripAsciiWhitespace(text);
  if (absl::StartsWith(content, "[")) {
    if (absl::Status status = CheckSyntax(path, text); !status.ok()) return status;
    return input.Error(
        "expected a DHAT profile (a JSON object), found a JSON array; give the path of a "
        "dhat-heap.json");
  }
  simdjson::ondemand::parser parser(std::numeric_limits<uint32_t>::max());
  simdjson::ondemand::document document;
  simdjson::ondemand::object root;
  if (auto error = parser.iterate(text.data(), text.size(), padded).get(document)) {
    return input.SyntaxError(error);
  }
  if (auto error = document.get_object().get(root)) return input.SyntaxError(error);
  absl::StatusOr<model::Profile> profile = FileReader(path, text).Read(root);
  const char* rest = nullptr;
  if (profile.ok() && !document.current_location().get(rest)) {
    return input.SyntaxError(simdjson::TRAILING_CONTENT);
  }
  return profile;
}

}  // namespace memshim::analyzer::dhat
