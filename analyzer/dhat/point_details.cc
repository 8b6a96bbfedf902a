// See point_details.h.
#include "analyzer/dhat/point_details.h"

#include "absl/numeric/bits.h"

namespace memshim::analyzer::dhat {
namespace {

using model::Counters;

constexpr struct {
  absl::string_view key;
  uint64_t Counters::*figure;
} kNumbers[] = {
    {"temporaryBytes", &Counters::temporary_bytes},
    {"temporaryBlocks", &Counters::temporary_blocks},
    {"slackBytes", &Counters::slack_bytes},
    {"remoteBlocks", &Counters::remote_blocks},
    {"lateFreedBytes", &Counters::late_freed_bytes},
    {"threads", &Counters::threads},
};

// More moments or buckets than any file of ours has.
constexpr size_t kMostMoments = 64;
constexpr uint64_t kMostBuckets = 65;

absl::Status ReadList(const JsonInput& input, FieldPlace place, JsonValue value,
                      std::vector<uint64_t>* list) {
  list->clear();
  return input.ForEachElement(value, place, [&](JsonValue element) -> absl::Status {
    if (list->size() == 2 * kMostBuckets) return input.WrongValue(element, place, "fewer numbers");
    return input.GetUint(element, place, &list->emplace_back());
  });
}

absl::Status ReadBuckets(const JsonInput& input, FieldPlace place, JsonValue value,
                         std::vector<uint64_t>* buckets) {
  std::vector<uint64_t> list;
  absl::Status status = ReadList(input, place, value, &list);
  if (!status.ok()) return status;
  buckets->clear();
  for (size_t i = 0; i + 1 < list.size(); i += 2) {
    if (list[i] >= kMostBuckets) return input.WrongValue(value, place, "bit widths up to 64");
    if (buckets->size() <= list[i]) buckets->resize(list[i] + 1);
    (*buckets)[list[i]] = list[i + 1];
  }
  return absl::OkStatus();
}

absl::Status ReadNumbers(const JsonInput& input, FieldPlace place, JsonValue value,
                         const std::vector<uint64_t*>& numbers) {
  std::vector<uint64_t> list;
  absl::Status status = ReadList(input, place, value, &list);
  if (!status.ok()) return status;
  if (list.size() != numbers.size()) {
    return input.WrongValue(value, place, "as many numbers as it has figures");
  }
  for (size_t i = 0; i < list.size(); ++i) *numbers[i] = list[i];
  return absl::OkStatus();
}

}  // namespace

std::vector<uint64_t> SparseList(const std::vector<uint64_t>& figures) {
  std::vector<uint64_t> list;
  for (size_t i = 0; i < figures.size(); ++i) {
    if (figures[i] == 0) continue;
    list.push_back(i);
    list.push_back(figures[i]);
  }
  return list;
}

absl::Status ReadDetail(const JsonInput& input, absl::string_view key, JsonValue value,
                        uint64_t point, Counters* c) {
  const FieldPlace place = {key, point};
  for (const auto& number : kNumbers) {
    if (key == number.key) return input.GetUint(value, place, &(c->*number.figure));
  }
  if (key == "resizes") {
    return ReadNumbers(input, place, value,
                       {&c->moved_resizes, &c->settled_resizes, &c->moved_bytes});
  }
  if (key == "requestRange") {
    return ReadNumbers(input, place, value, {&c->smallest_request, &c->largest_request});
  }
  if (key == "requestSizes") return ReadBuckets(input, place, value, &c->request_sizes);
  if (key == "lifetimes") return ReadBuckets(input, place, value, &c->lifetimes);
  if (key == "momentBytes") {
    absl::Status status = ReadList(input, place, value, &c->moment_bytes);
    if (status.ok() && c->moment_bytes.size() > kMostMoments) {
      return input.WrongValue(value, place, "fewer moments");
    }
    return status;
  }
  return absl::OkStatus();
}

void CompleteDetails(Counters* c) {
  if (c->threads == 0) c->threads = 1;
  if (c->largest_request == 0 && c->total_blocks != 0) {
    c->smallest_request = c->largest_request = c->total_bytes / c->total_blocks;
  }
  const size_t width = static_cast<size_t>(absl::bit_width(c->smallest_request));
  const bool has_one_width = static_cast<size_t>(absl::bit_width(c->largest_request)) == width;
  if (c->request_sizes.empty() && c->total_blocks != 0 && has_one_width) {
    c->request_sizes.resize(width + 1);
    c->request_sizes[width] = c->total_blocks;
  }
}

}  // namespace memshim::analyzer::dhat
