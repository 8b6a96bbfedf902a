// See point_details.h.
#include "analyzer/dhat/point_details.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>

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

// The numbers of one list: as many as buckets need, in no memory of their own.
struct ShortList {
  size_t size = 0;
  std::array<uint64_t, 2 * kMostBuckets> numbers;
};

absl::Status ReadList(const JsonInput& input, FieldPlace place, JsonValue value, ShortList* list) {
  return input.ForEachElement(value, place, [&](JsonValue element) -> absl::Status {
    if (list->size == list->numbers.size())
      return input.WrongValue(element, place, "fewer numbers");
    return input.GetUint(element, place, &list->numbers[list->size++]);
  });
}

absl::Status ReadBuckets(const JsonInput& input, FieldPlace place, JsonValue value,
                         std::vector<uint64_t>* buckets) {
  ShortList list;
  absl::Status status = ReadList(input, place, value, &list);
  if (!status.ok()) return status;
  buckets->clear();
  if (list.size >= 2) {  // the largest comes last in files of ours
    buckets->reserve(std::min(list.numbers[list.size / 2 * 2 - 2], kMostBuckets) + 1);
  }
  for (size_t i = 0; i + 1 < list.size; i += 2) {
    const uint64_t width = list.numbers[i];
    if (width >= kMostBuckets) return input.WrongValue(value, place, "bit widths up to 64");
    if (buckets->size() <= width) buckets->resize(width + 1);
    (*buckets)[width] = list.numbers[i + 1];
  }
  return absl::OkStatus();
}

absl::Status ReadMoments(const JsonInput& input, FieldPlace place, JsonValue value,
                         std::vector<uint64_t>* moments) {
  ShortList list;
  absl::Status status = ReadList(input, place, value, &list);
  if (!status.ok()) return status;
  if (list.size > kMostMoments) return input.WrongValue(value, place, "fewer moments");
  moments->assign(list.numbers.begin(), list.numbers.begin() + list.size);
  return absl::OkStatus();
}

absl::Status ReadNumbers(const JsonInput& input, FieldPlace place, JsonValue value,
                         std::initializer_list<uint64_t*> numbers) {
  ShortList list;
  absl::Status status = ReadList(input, place, value, &list);
  if (!status.ok()) return status;
  if (list.size != numbers.size()) {
    return input.WrongValue(value, place, "as many numbers as it has figures");
  }
  const uint64_t* from = list.numbers.data();
  for (uint64_t* const number : numbers) *number = *from++;
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
  if (key == "momentBytes") return ReadMoments(input, place, value, &c->moment_bytes);
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
