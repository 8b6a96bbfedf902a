// See fit.h.
#include "analyzer/dhat/fit.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::dhat {
namespace {

constexpr uint32_t kNotSeen = model::kNoModule;

// The new frame table, filled in order of first use.
class FrameTable {
 public:
  explicit FrameTable(std::vector<model::Frame>* old_frames)
      : old_frames_(*old_frames), new_indices_(old_frames->size(), kNotSeen) {
    AddText("[root]");
  }

  uint32_t Map(uint32_t old_index) {
    uint32_t& index = new_indices_[old_index];
    if (index == kNotSeen) index = Add(old_frames_[old_index]);
    return index;
  }

  uint32_t AddText(absl::string_view text) {
    model::Frame frame;
    frame.text = std::string(text);
    return Add(frame);
  }

  std::vector<model::Frame> Take() { return std::move(frames_); }

 private:
  uint32_t Add(const model::Frame& frame) {
    const auto [entry, is_new] =
        by_text_.emplace(frame.text, static_cast<uint32_t>(frames_.size()));
    if (is_new) frames_.push_back(frame);
    return entry->second;
  }

  const std::vector<model::Frame>& old_frames_;
  std::vector<uint32_t> new_indices_;
  absl::flat_hash_map<std::string, uint32_t> by_text_;
  std::vector<model::Frame> frames_;
};

void CutStack(FrameTable* table, std::vector<uint32_t>* stack) {
  const auto first = stack->begin() + kInnermostKept;
  const auto last = stack->end() - kOutermostKept;
  *first = table->AddText(model::kFramesCutFrame);
  stack->erase(first + 1, last);
}

// True where the stack had to be cut.
bool FitStack(FrameTable* table, std::vector<uint32_t>* stack) {
  if (stack->size() <= kMaxStackFrames) {
    for (uint32_t& frame : *stack) frame = table->Map(frame);
    if (stack->empty()) stack->push_back(table->AddText(model::kNoStackFrame));
    return false;
  }
  // Frames that are cut away must not get into the table.
  for (size_t i = 0; i < stack->size(); ++i) {
    const bool is_kept = i < kInnermostKept || i + kOutermostKept >= stack->size();
    if (is_kept) (*stack)[i] = table->Map((*stack)[i]);
  }
  CutStack(table, stack);
  return true;
}

}  // namespace

void MergeEqualStacks(model::Profile* profile) {
  std::vector<model::Point>& points = profile->points;
  const auto hash = [&](uint32_t i) {
    return absl::Hash<absl::Span<const uint32_t>>()(points[i].frames);
  };
  const auto equal = [&](uint32_t a, uint32_t b) { return points[a].frames == points[b].frames; };
  absl::flat_hash_set<uint32_t, decltype(hash), decltype(equal)> seen(points.size(), hash, equal);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < points.size(); ++i) {
    // The set looks at points below `kept` and at the candidate, which stands at `kept`.
    if (i != kept) points[kept] = std::move(points[i]);
    const auto [entry, is_new] = seen.insert(kept);
    if (is_new) {
      ++kept;
    } else {
      model::Point& first = points[*entry];
      model::AddCounters(points[kept].counters, &first.counters);
      first.max_is_lower_bound = profile->has_lifetimes;
    }
  }
  points.resize(kept);
}

void FitStacks(model::Profile* profile) {
  FrameTable table(&profile->frames);
  for (model::Point& point : profile->points) {
    if (FitStack(&table, &point.frames)) ++profile->cut_points;
  }
  for (model::FailedRequests& failed : profile->failed_requests) FitStack(&table, &failed.frames);
  profile->frames = table.Take();
  MergeEqualStacks(profile);
}

}  // namespace memshim::analyzer::dhat
