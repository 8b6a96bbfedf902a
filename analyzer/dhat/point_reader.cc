// See point_reader.h.
#include "analyzer/dhat/point_reader.h"

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

absl::Status ReadFrames(const JsonInput& input, JsonValue value, uint64_t number,
                        model::Point* point) {
  const FieldPlace place = {"fs", number};
  point->frames.clear();
  absl::Status status = input.ForEachElement(value, place, [&](JsonValue element) -> absl::Status {
    uint64_t index = 0;
    if (absl::Status status = input.GetUint(element, place, &index); !status.ok()) return status;
    if (index > std::numeric_limits<uint32_t>::max()) {
      return input.Error(
          absl::StrFormat("expected an index into the frame table in point %d, "
                          "found %d; %s",
                          number, index, kRecordAgain));
    }
    point->frames.push_back(static_cast<uint32_t>(index));
    return absl::OkStatus();
  });
  point->frames.shrink_to_fit();
  return status;
}

}  // namespace

absl::Status ReadPoint(const JsonInput& input, JsonValue value, uint64_t number,
                       model::Point* point, PointKeys* keys) {
  *keys = 0;
  return input.ForEachField(
      value, {"pps", number}, [&](absl::string_view key, JsonValue member) -> absl::Status {
        for (size_t i = 0; i < kCounterKeyCount; ++i) {
          if (key != kCounterKeys[i].key) continue;
          *keys |= PointKeys{1} << i;
          return input.GetUint(member, {key, number},
                               &(point->counters.*(kCounterKeys[i].counter)));
        }
        if (key == "fs") {
          *keys |= kHasFrames;
          return ReadFrames(input, member, number, point);
        }
        if (key == "maxIsLowerBound") {
          return input.GetBool(member, {key, number}, &point->max_is_lower_bound);
        }
        return ReadDetail(input, key, member, number, &point->counters);
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
