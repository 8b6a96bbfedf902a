// See fit.h.
#include "analyzer/dhat/fit.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::dhat {
namespace {

constexpr uint32_t kNotSeen = model::kNoModule;

// The new frame table, filled in order of first use. Moves the frames it takes out of the old one.
class FrameTable {
 public:
  explicit FrameTable(std::vector<model::Frame>* old_frames)
      : old_frames_(*old_frames),
        new_indices_(old_frames->size(), kNotSeen),
        by_text_(old_frames->size(), TextHash{&frames_}, TextEqual{&frames_}) {
    frames_.reserve(old_frames->size() + 2);
    AddText("[root]");
  }
  FrameTable(const FrameTable&) = delete;
  FrameTable& operator=(const FrameTable&) = delete;

  uint32_t Map(uint32_t old_index) {
    uint32_t& index = new_indices_[old_index];
    if (index == kNotSeen) index = Add(&old_frames_[old_index]);
    return index;
  }

  uint32_t AddText(absl::string_view text) {
    model::Frame frame;
    frame.text = std::string(text);
    return Add(&frame);
  }

  std::vector<model::Frame> Take() { return std::move(frames_); }

 private:
  // The set holds indices of frames and is searched by text.
  struct TextHash {
    using is_transparent = void;
    const std::vector<model::Frame>* frames;
    size_t operator()(absl::string_view text) const { return absl::HashOf(text); }
    size_t operator()(uint32_t index) const { return (*this)((*frames)[index].text); }
  };
  struct TextEqual {
    using is_transparent = void;
    const std::vector<model::Frame>* frames;
    bool operator()(uint32_t a, uint32_t b) const { return a == b; }
    bool operator()(uint32_t a, absl::string_view b) const { return (*frames)[a].text == b; }
  };

  uint32_t Add(model::Frame* frame) {
    const auto found = by_text_.find(absl::string_view(frame->text));
    if (found != by_text_.end()) return *found;
    const uint32_t index = static_cast<uint32_t>(frames_.size());
    frames_.push_back(std::move(*frame));
    by_text_.insert(index);
    return index;
  }

  std::vector<model::Frame>& old_frames_;
  std::vector<uint32_t> new_indices_;
  std::vector<model::Frame> frames_;
  absl::flat_hash_set<uint32_t, TextHash, TextEqual> by_text_;
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
