// See merger.h.
#include "analyzer/merge/merger.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::merge {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr size_t kMostSamples = 1024;
constexpr int kMostWidth = 64;                          // of a lifetime, in bits
constexpr uint64_t kLatestStartMs = uint64_t{1} << 42;  // a file may say anything

// "make_node (tree.cc:12)" of "0x4011F3: make_node (tree.cc:12)".
absl::string_view WithoutAddress(absl::string_view text) {
  const size_t end = text.find(": ");
  return absl::StartsWith(text, "0x") && end != absl::string_view::npos ? text.substr(end) : text;
}

// Equal for frames that are to be taken for the same.
std::string KeyOf(const model::Frame& frame, uint32_t module) {
  // Without a name and a file, the address is all that is known of it.
  const bool has_name = !frame.function.empty() || module != model::kNoModule;
  return absl::StrCat(has_name ? frame.address % kPageBytes : frame.address, " ", module, " ",
                      frame.is_inlined, WithoutAddress(frame.text));
}

std::string KindOf(const model::Profile& profile) {
  return absl::StrCat(profile.mode, " in ", profile.bytes_unit, " and ", profile.time_unit,
                      profile.has_lifetimes ? "" : ", without lifetimes",
                      profile.has_accesses ? ", with accesses" : "");
}

// By how many powers of two a tick is longer than another, rounded: buckets are powers of two, and
// ticks are measured anew in each process, roughly in one that records little.
int ShiftOf(double tick_us, double other_us) {
  if (!(tick_us > 0) || !(other_us > 0)) return 0;
  return static_cast<int>(std::lround(std::log2(tick_us / other_us)));
}

// What took no tick at all stays where it is.
void MoveBuckets(int shift, std::vector<uint64_t>* buckets) {
  if (shift == 0) return;
  std::vector<uint64_t> moved(buckets->empty() ? 0 : 1, buckets->empty() ? 0 : buckets->front());
  for (size_t i = 1; i < buckets->size(); ++i) {
    const size_t to = static_cast<size_t>(std::clamp(static_cast<int>(i) + shift, 1, kMostWidth));
    if (moved.size() <= to) moved.resize(to + 1);
    moved[to] = model::SaturatingAdd(moved[to], (*buckets)[i]);
  }
  *buckets = std::move(moved);
}

}  // namespace

absl::Status Merger::Add(const model::Profile& profile, const std::string& path) {
  absl::Status status = CheckKind(profile, path);
  if (!status.ok()) return status;
  if (paths_.empty()) {
    AddHead(profile);
  }
  paths_.push_back(path);
  AddFigures(profile);
  const std::vector<uint32_t> frames = AddFrames(profile);
  AddPoints(profile, frames);
  AddFailedRequests(profile, frames);
  return absl::OkStatus();
}

absl::Status Merger::CheckKind(const model::Profile& profile, const std::string& path) const {
  if (paths_.empty()) return absl::OkStatus();
  const std::string expected = KindOf(sum_), found = KindOf(profile);
  if (expected == found) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(path, ": expected a profile of the kind of ",
                                                 paths_.front(), " (", expected, "), found ", found,
                                                 "; merge profiles of one kind"));
}

void Merger::AddHead(const model::Profile& profile) {
  sum_.mode = profile.mode;
  sum_.verb = profile.verb;
  sum_.has_lifetimes = profile.has_lifetimes;
  sum_.has_accesses = profile.has_accesses;
  sum_.byte_unit = profile.byte_unit;
  sum_.bytes_unit = profile.bytes_unit;
  sum_.blocks_unit = profile.blocks_unit;
  sum_.time_unit = profile.time_unit;
  sum_.million_time_units = profile.million_time_units;
  sum_.short_lived_threshold = profile.short_lived_threshold;
  sum_.command = profile.command;
  sum_.pid = profile.pid;
  sum_.is_ours = true;
  sum_.has_details = profile.has_details;
  sum_.lifetime_tick_us = profile.lifetime_tick_us;
  sum_.frames.resize(1);
  sum_.frames[0].text = "[root]";
}

void Merger::AddFigures(const model::Profile& profile) {
  const auto add = [](uint64_t figure, uint64_t* sum) {
    *sum = model::SaturatingAdd(*sum, figure);
  };
  sum_.memshim_version = std::max(sum_.memshim_version, profile.memshim_version);
  sum_.has_lifetime_sums &= profile.has_lifetime_sums;
  sum_.has_details &= profile.has_details;
  add(std::max<uint64_t>(profile.merged_profiles, 1), &sum_.merged_profiles);
  add(profile.thread_count, &sum_.thread_count);
  add(profile.folded_points, &sum_.folded_points);
  add(profile.folded_bytes, &sum_.folded_bytes);
  add(profile.cut_points, &sum_.cut_points);
  for (const model::Loss& loss : profile.losses) {
    const auto same = [&](const model::Loss& other) { return other.what == loss.what; };
    const auto known = std::find_if(sum_.losses.begin(), sum_.losses.end(), same);
    if (known == sum_.losses.end()) {
      sum_.losses.push_back(loss);
    } else {
      add(loss.count, &known->count);
    }
  }
  for (const std::string& note : profile.notes) {
    const auto known = std::find(sum_.notes.begin(), sum_.notes.end(), note);
    if (known == sum_.notes.end()) sum_.notes.push_back(note);
  }
  if (profile.verification.has_value()) {
    if (!sum_.verification.has_value()) sum_.verification.emplace();
    add(profile.verification->equal, &sum_.verification->equal);
    add(profile.verification->equal_where_described, &sum_.verification->equal_where_described);
    add(profile.verification->different, &sum_.verification->different);
    add(profile.verification->not_compared, &sum_.verification->not_compared);
  }
  uint64_t peak_bytes = 0;
  for (const model::Point& point : profile.points) add(point.counters.gmax_bytes, &peak_bytes);
  spans_.push_back(
      {profile.start_unix_ms, profile.t_end, profile.t_gmax, peak_bytes, profile.timeline, {}});
  for (const model::ResidentSample& sample : profile.resident) {
    spans_.back().resident.push_back({sample.time, sample.bytes, 0});
  }
}

std::vector<uint32_t> Merger::AddModules(const model::Profile& profile) {
  std::vector<uint32_t> result;
  for (const model::Module& module : profile.modules) {
    const auto [at, is_new] = modules_.try_emplace(std::pair(module.path, module.build_id),
                                                   static_cast<uint32_t>(sum_.modules.size()));
    if (is_new) sum_.modules.push_back(module);
    result.push_back(at->second);
  }
  return result;
}

std::vector<uint32_t> Merger::AddFrames(const model::Profile& profile) {
  const std::vector<uint32_t> modules = AddModules(profile);
  std::vector<uint32_t> result;
  for (const model::Frame& from : profile.frames) {
    model::Frame frame = from;
    frame.module = from.module < modules.size() ? modules[from.module] : model::kNoModule;
    const auto [at, is_new] =
        frames_.try_emplace(KeyOf(frame, frame.module), static_cast<uint32_t>(sum_.frames.size()));
    if (is_new) sum_.frames.push_back(std::move(frame));
    result.push_back(at->second);
  }
  return result;
}

void Merger::AddPoints(const model::Profile& profile, const std::vector<uint32_t>& frames) {
  const int shift = ShiftOf(profile.lifetime_tick_us, sum_.lifetime_tick_us);
  for (const model::Point& from : profile.points) {
    model::Point point = from;
    for (uint32_t& frame : point.frames) frame = frames[frame];
    MoveBuckets(shift, &point.counters.lifetimes);
    point.counters.moment_bytes.clear();
    point.counters.late_freed_bytes = 0;
    const auto [at, is_new] = points_.try_emplace(point.frames, sum_.points.size());
    if (is_new) {
      sum_.points.push_back(std::move(point));
      continue;
    }
    model::Point& sum = sum_.points[at->second];
    model::AddCounters(point.counters, &sum.counters);
    sum.max_is_lower_bound = true;
  }
}

void Merger::AddFailedRequests(const model::Profile& profile, const std::vector<uint32_t>& frames) {
  for (const model::FailedRequests& from : profile.failed_requests) {
    model::FailedRequests failed = from;
    for (uint32_t& frame : failed.frames) frame = frames[frame];
    const auto [at, is_new] =
        failed_requests_.try_emplace(failed.frames, sum_.failed_requests.size());
    if (is_new) {
      sum_.failed_requests.push_back(std::move(failed));
      continue;
    }
    model::FailedRequests& sum = sum_.failed_requests[at->second];
    sum.count = model::SaturatingAdd(sum.count, failed.count);
    sum.bytes = model::SaturatingAdd(sum.bytes, failed.bytes);
    sum.largest = std::max(sum.largest, failed.largest);
  }
}

// By the wall clock where all profiles tell it in microseconds; else as if all began together.
void Merger::PlaceTimelines() {
  const auto is_later = [](const Span& a, const Span& b) {
    return a.start_unix_ms < b.start_unix_ms;
  };
  const uint64_t first = std::min_element(spans_.begin(), spans_.end(), is_later)->start_unix_ms;
  const bool tells_start = first != 0 && sum_.time_unit == model::Profile().time_unit;
  std::vector<PlacedTimeline> timelines, residents;
  const Span* largest = &spans_.front();
  for (const Span& span : spans_) {
    const uint64_t start =
        tells_start ? std::min(span.start_unix_ms - first, kLatestStartMs) * 1000 : 0;
    const uint64_t end = model::SaturatingAdd(start, span.t_end);
    sum_.t_end = std::max(sum_.t_end, end);
    if (span.peak_bytes >= largest->peak_bytes) {
      largest = &span;
      sum_.t_gmax = model::SaturatingAdd(start, span.t_gmax);
    }
    if (!span.timeline.empty()) timelines.push_back({start, end, span.timeline});
    if (!span.resident.empty()) residents.push_back({start, end, span.resident});
  }
  sum_.start_unix_ms = tells_start ? first : 0;
  sum_.timeline = SumTimelines(timelines, kMostSamples);
  for (const model::TimelineSample& sample : SumTimelines(residents, kMostSamples)) {
    sum_.resident.push_back({sample.time, sample.live_bytes});
  }
}

model::Profile Merger::Take() {
  PlaceTimelines();
  if (paths_.size() > 1) absl::StrAppend(&sum_.command, " and ", paths_.size() - 1, " more");
  return std::move(sum_);
}

}  // namespace memshim::analyzer::merge
