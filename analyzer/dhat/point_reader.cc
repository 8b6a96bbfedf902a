// See point_reader.h.
#include "analyzer/dhat/point_reader.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_format.h"
#include "analyzer/dhat/point_details.h"
#include "analyzer/dhat/syntax_error.h"

namespace memshim::analyzer::dhat {
namespace {

using model::Counters;

enum class Need { kAlways, kLifetimes, kAccesses, kNever };

struct CounterKey {
  absl::string_view key;
  uint64_t Counters::*counter;
  Need need;
};

// In the order in which DHAT's viewer asks for them.
constexpr CounterKey kCounterKeys[] = {
    {"tb", &Counters::total_bytes, Need::kAlways},
    {"tbk", &Counters::total_blocks, Need::kAlways},
    {"mb", &Counters::max_bytes, Need::kLifetimes},
    {"mbk", &Counters::max_blocks, Need::kLifetimes},
    {"gb", &Counters::gmax_bytes, Need::kLifetimes},
    {"gbk", &Counters::gmax_blocks, Need::kLifetimes},
    {"eb", &Counters::end_bytes, Need::kLifetimes},
    {"ebk", &Counters::end_blocks, Need::kLifetimes},
    {"rb", &Counters::read_bytes, Need::kAccesses},
    {"wb", &Counters::written_bytes, Need::kAccesses},
    {"tl", &Counters::lifetime, Need::kNever},
};
constexpr size_t kCounterKeyCount = std::size(kCounterKeys);
constexpr PointKeys kHasFrames = PointKeys{1} << kCounterKeyCount;
constexpr PointKeys kHasLifetimeSum = PointKeys{1} << (kCounterKeyCount - 1);

}  // namespace

absl::Status PointReader::ReadFrames(JsonValue value, uint64_t number, model::Point* point) {
  const FieldPlace place = {"fs", number};
  frames_.clear();
  absl::Status status = input_.ForEachElement(value, place, [&](JsonValue element) -> absl::Status {
    uint64_t index = 0;
    if (absl::Status status = input_.GetUint(element, place, &index); !status.ok()) return status;
    if (index > std::numeric_limits<uint32_t>::max()) {
      return input_.Error(
          absl::StrFormat("expected an index into the frame table in point %d, "
                          "found %d; %s",
                          number, index, kRecordAgain));
    }
    frames_.push_back(static_cast<uint32_t>(index));
    largest_frame_ = std::max(largest_frame_, frames_.back());
    return absl::OkStatus();
  });
  point->frames = std::vector<uint32_t>(frames_.begin(), frames_.end());
  return status;
}

absl::Status PointReader::ReadField(absl::string_view key, JsonValue value, uint64_t number,
                                    model::Point* point, PointKeys* keys) {
  // Keys have the same order in every point: look behind the last one first.
  for (size_t tried = 0; tried < kCounterKeyCount; ++tried) {
    const size_t i = next_key_;
    next_key_ = i + 1 == kCounterKeyCount ? 0 : i + 1;
    if (key != kCounterKeys[i].key) continue;
    *keys |= PointKeys{1} << i;
    return input_.GetUint(value, {key, number}, &(point->counters.*(kCounterKeys[i].counter)));
  }
  if (key == "fs") {
    *keys |= kHasFrames;
    return ReadFrames(value, number, point);
  }
  if (key == "maxIsLowerBound") {
    return input_.GetBool(value, {key, number}, &point->max_is_lower_bound);
  }
  return ReadDetail(input_, key, value, number, &point->counters);
}

absl::Status PointReader::Read(JsonValue value, uint64_t number, model::Point* point,
                               PointKeys* keys) {
  *keys = 0;
  next_key_ = 0;
  return input_.ForEachField(value, {"pps", number}, [&](absl::string_view key, JsonValue member) {
    return ReadField(key, member, number, point, keys);
  });
}

absl::string_view FindMissingKey(PointKeys keys, bool has_lifetimes, bool has_accesses) {
  for (size_t i = 0; i < kCounterKeyCount; ++i) {
    const Need need = kCounterKeys[i].need;
    const bool is_needed = need == Need::kAlways || (need == Need::kLifetimes && has_lifetimes) ||
                           (need == Need::kAccesses && has_accesses);
    if (is_needed && (keys & (PointKeys{1} << i)) == 0) return kCounterKeys[i].key;
  }
  return (keys & kHasFrames) == 0 ? "fs" : "";
}

bool HasLifetimeSum(PointKeys keys) { return (keys & kHasLifetimeSum) != 0; }

}  // namespace memshim::analyzer::dhat
