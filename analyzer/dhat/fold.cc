// See fold.h.
// The tree is compressed: a node stands where stacks part or end. It is built from the points in
// the order of their reversed stacks, where each subtree is a run and neighbours part at their
// common prefix. A node is at least as heavy as those below it, so the nodes above any threshold
// are the top of the tree, and a light point folds into its nearest heavy ancestor.
#include "analyzer/dhat/fold.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "analyzer/dhat/fit.h"
#include "analyzer/dhat/json_output.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::dhat {
namespace {

using Shares = std::array<double, 4>;

// Keys and three numbers; its stack comes on top.
constexpr uint64_t kFailedRequestBytes = 110;

struct Node {
  uint32_t parent = 0;
  uint32_t depth = 0;    // frames from the outermost on
  uint32_t witness = 0;  // a point whose outermost `depth` frames are the path to this node
  Shares shares = {};    // of all points in the subtree
  double weight = 0;     // the largest of `shares`
};

class StackTree {
 public:
  explicit StackTree(const model::Profile& profile);

  // Nodes with parents before children; the root is the first.
  const std::vector<uint32_t>& order() const { return order_; }
  const Node& node(uint32_t index) const { return nodes_[index]; }
  uint32_t node_of_point(size_t point) const { return point_nodes_[point]; }

 private:
  std::vector<uint32_t> SortByOutermost() const;
  uint32_t CommonPrefix(uint32_t a, uint32_t b) const;
  Shares SharesOf(const model::Counters& counters) const;
  void CloseTop(uint32_t parent);

  const std::vector<model::Point>& points_;
  Shares totals_ = {};
  std::vector<Node> nodes_;
  std::vector<uint32_t> open_;  // path from the root to the latest node
  std::vector<uint32_t> order_;
  std::vector<uint32_t> point_nodes_;
};

Shares Figures(const model::Counters& c) {
  return {static_cast<double>(c.total_bytes), static_cast<double>(c.total_blocks),
          static_cast<double>(c.gmax_bytes), static_cast<double>(c.end_bytes)};
}

uint32_t StackTree::CommonPrefix(uint32_t a, uint32_t b) const {
  const std::vector<uint32_t>& x = points_[a].frames;
  const std::vector<uint32_t>& y = points_[b].frames;
  const auto parting = std::mismatch(x.rbegin(), x.rend(), y.rbegin(), y.rend());
  return static_cast<uint32_t>(parting.first - x.rbegin());
}

Shares StackTree::SharesOf(const model::Counters& counters) const {
  Shares shares = Figures(counters);
  for (size_t i = 0; i < shares.size(); ++i) shares[i] /= std::max(totals_[i], 1.0);
  return shares;
}

// The top of `open_` is complete: it hands its shares to its parent.
void StackTree::CloseTop(uint32_t parent) {
  Node& top = nodes_[open_.back()];
  top.parent = parent;
  top.weight = *std::max_element(top.shares.begin(), top.shares.end());
  for (size_t i = 0; i < top.shares.size(); ++i) nodes_[parent].shares[i] += top.shares[i];
  order_.push_back(open_.back());
  open_.pop_back();
}

// The points in the order of their reversed stacks. Those are copied, one behind the other: what a
// comparison looks at is then read in one go.
std::vector<uint32_t> StackTree::SortByOutermost() const {
  struct Outside {
    const uint32_t* begin;
    const uint32_t* end;
    uint32_t point;
  };
  size_t frames = 0;
  for (const model::Point& point : points_) frames += point.frames.size();
  std::vector<uint32_t> reversed;
  reversed.reserve(frames);  // so that nothing moves
  std::vector<Outside> outsides;
  for (uint32_t i = 0; i < points_.size(); ++i) {
    const uint32_t* const begin = reversed.data() + reversed.size();
    reversed.insert(reversed.end(), points_[i].frames.rbegin(), points_[i].frames.rend());
    outsides.push_back({begin, reversed.data() + reversed.size(), i});
  }
  std::sort(outsides.begin(), outsides.end(), [](const Outside& a, const Outside& b) {
    return std::lexicographical_compare(a.begin, a.end, b.begin, b.end);
  });
  std::vector<uint32_t> sorted;
  sorted.reserve(outsides.size());
  for (const Outside& outside : outsides) sorted.push_back(outside.point);
  return sorted;
}

StackTree::StackTree(const model::Profile& profile)
    : points_(profile.points), point_nodes_(profile.points.size()) {
  for (const model::Point& point : points_) {
    const Shares figures = Figures(point.counters);
    for (size_t i = 0; i < figures.size(); ++i) totals_[i] += figures[i];
  }
  const std::vector<uint32_t> sorted = SortByOutermost();
  nodes_.reserve(2 * points_.size() + 1);
  nodes_.emplace_back();
  open_.push_back(0);
  for (size_t i = 0; i < sorted.size(); ++i) {
    const uint32_t point = sorted[i];
    const uint32_t common = i == 0 ? 0 : CommonPrefix(sorted[i - 1], point);
    while (nodes_[open_.back()].depth > common) {
      uint32_t below = open_[open_.size() - 2];
      if (nodes_[below].depth < common) {  // the stacks part between two nodes: one more there
        const uint32_t fork = static_cast<uint32_t>(nodes_.size());
        nodes_.push_back({below, common, point, {}, 0});
        open_.insert(open_.end() - 1, fork);
        below = fork;
      }
      CloseTop(below);
    }
    const uint32_t leaf = static_cast<uint32_t>(nodes_.size());
    const uint32_t depth = static_cast<uint32_t>(points_[point].frames.size());
    nodes_.push_back({open_.back(), depth, point, SharesOf(points_[point].counters), 0});
    point_nodes_[point] = leaf;
    open_.push_back(leaf);
  }
  while (open_.size() > 1) CloseTop(open_[open_.size() - 2]);
  order_.push_back(0);
  std::reverse(order_.begin(), order_.end());
}

// Upper bounds, close ones, of what the parts of a profile take in its file.
class PartSizes {
 public:
  explicit PartSizes(const model::Profile& profile);

  uint64_t fixed() const { return fixed_; }  // all but points and frames
  uint64_t frame(uint32_t index) const { return frames_[index]; }
  uint64_t point(size_t index) const { return points_[index]; }
  // Of a point that folds others and keeps `depth` frames of theirs.
  uint64_t folded(uint32_t depth) const { return folded_ + (depth + 1) * index_bytes_; }
  uint64_t all() const;

 private:
  uint64_t fixed_ = 0;
  uint64_t index_bytes_ = 0;  // of a frame in a stack
  uint64_t folded_ = 0;
  std::vector<uint64_t> frames_;
  std::vector<uint64_t> points_;
};

PartSizes::PartSizes(const model::Profile& profile) {
  constexpr uint64_t kKeysOfFrameData = 96;  // and of failed requests
  // Room for the counts that folding itself changes.
  constexpr uint64_t kLongerNumbers = 64;
  CountingSink sink;
  WriteJsonFrame(profile, &sink);
  const int index_digits = DecimalDigits(profile.frames.size());
  index_bytes_ = static_cast<uint64_t>(index_digits) + 1;
  fixed_ = sink.count() + kKeysOfFrameData + kLongerNumbers;
  for (const model::FailedRequests& failed : profile.failed_requests) {
    fixed_ += kFailedRequestBytes + failed.frames.size() * index_bytes_;
  }
  for (const model::Frame& frame : profile.frames) frames_.push_back(FrameJsonBytes(frame));
  model::Counters largest;  // no folded point needs more digits
  for (const model::Point& point : profile.points) {
    points_.push_back(PointJsonBytes(point.counters, point.frames.size(), index_digits,
                                     profile.has_accesses, point.max_is_lower_bound));
    model::AddCounters(point.counters, &largest);
  }
  // Of several points the smallest request shrinks, so it may take as many digits as any.
  if (largest.largest_request > 1) largest.smallest_request = largest.largest_request - 1;
  folded_ = PointJsonBytes(largest, 0, index_digits, profile.has_accesses, true);
}

uint64_t PartSizes::all() const {
  return fixed_ + std::accumulate(frames_.begin(), frames_.end(), uint64_t{0}) +
         std::accumulate(points_.begin(), points_.end(), uint64_t{0});
}

class Folder {
 public:
  Folder(model::Profile* profile, const PartSizes& sizes, uint64_t max_bytes)
      : profile_(profile), sizes_(sizes), max_bytes_(max_bytes), tree_(*profile) {}

  void Run();

 private:
  // For each node itself if it is heavy, else its nearest heavy ancestor. The root is heavy.
  void FindTargets(double threshold);
  bool Fits(double threshold);
  void Apply();

  model::Profile* profile_;
  const PartSizes& sizes_;
  uint64_t max_bytes_;
  StackTree tree_;
  std::vector<uint32_t> targets_;
};

void Folder::FindTargets(double threshold) {
  targets_.assign(tree_.order().size(), 0);
  for (uint32_t index : tree_.order()) {
    if (index == 0) continue;
    const Node& node = tree_.node(index);
    targets_[index] = node.weight >= threshold ? index : targets_[node.parent];
  }
}

bool Folder::Fits(double threshold) {
  FindTargets(threshold);
  const std::vector<model::Point>& points = profile_->points;
  uint64_t bytes = sizes_.fixed();
  std::vector<bool> is_used(profile_->frames.size(), false);
  const auto use = [&](uint32_t frame) {
    if (is_used[frame]) return;
    is_used[frame] = true;
    bytes += sizes_.frame(frame);
  };
  for (const model::FailedRequests& failed : profile_->failed_requests) {
    for (const uint32_t frame : failed.frames) use(frame);
  }
  // Below each heavy node a point stays or folds into one, so the frames on the way to it are
  // used; those further out are its parent's.
  for (const uint32_t index : tree_.order()) {
    if (targets_[index] != index || index == 0) continue;
    const Node& node = tree_.node(index);
    const std::vector<uint32_t>& stack = points[node.witness].frames;
    for (uint32_t depth = tree_.node(node.parent).depth; depth < node.depth; ++depth) {
      use(stack[stack.size() - 1 - depth]);
    }
  }
  std::vector<bool> has_folded(targets_.size(), false);
  for (size_t i = 0; i < points.size() && bytes <= max_bytes_; ++i) {
    const uint32_t node = tree_.node_of_point(i);
    const uint32_t target = targets_[node];
    if (target == node) {
      bytes += sizes_.point(i);
    } else if (!has_folded[target]) {
      has_folded[target] = true;
      bytes += sizes_.folded(tree_.node(target).depth);
    }
  }
  return bytes <= max_bytes_;
}

void Folder::Apply() {
  std::vector<model::Point>& points = profile_->points;
  const uint32_t folded_frame = static_cast<uint32_t>(profile_->frames.size());
  profile_->frames.emplace_back().text = model::kFoldedFrame;
  for (size_t i = 0; i < points.size(); ++i) {
    const uint32_t node = tree_.node_of_point(i);
    const uint32_t target = targets_[node];
    if (target == node) continue;
    std::vector<uint32_t>& stack = points[i].frames;
    const size_t depth = tree_.node(target).depth;
    stack.erase(stack.begin(), stack.end() - static_cast<ptrdiff_t>(depth));
    stack.insert(stack.begin(), folded_frame);
    ++profile_->folded_points;
    profile_->folded_bytes =
        model::SaturatingAdd(profile_->folded_bytes, points[i].counters.total_bytes);
  }
  FitStacks(profile_);
}

void Folder::Run() {
  // Weights below 1e-12 of the whole do not differ in any way that matters.
  double too_small = 1e-12;
  double enough = 2;  // folds everything
  // A finer step would gain little; each costs a walk over all frames of all stacks.
  constexpr double kPrecise = 1.002;
  while (enough / too_small > kPrecise) {
    const double middle = std::sqrt(too_small * enough);
    (Fits(middle) ? enough : too_small) = middle;
  }
  FindTargets(enough);
  Apply();
}

// Less than the file of `profile` takes: the texts of its frames and the numbers in its stacks.
uint64_t LeastBytes(const model::Profile& profile) {
  uint64_t bytes = 0;
  std::vector<uint8_t> index_bytes;  // of each frame in a stack, with a comma
  for (const model::Frame& frame : profile.frames) {
    bytes += frame.text.size();
    index_bytes.push_back(static_cast<uint8_t>(DecimalDigits(index_bytes.size()) + 1));
  }
  for (const model::Point& point : profile.points) {
    for (const uint32_t frame : point.frames) bytes += index_bytes[frame];
  }
  return bytes;
}

}  // namespace

void FoldToSize(model::Profile* profile, uint64_t max_bytes) {
  FitStacks(profile);
  const PartSizes sizes(*profile);
  if (sizes.all() <= max_bytes) return;
  if (LeastBytes(*profile) <= max_bytes) {
    CountingSink sink;
    WriteJson(*profile, &sink);
    if (sink.count() <= max_bytes) return;
  }
  Folder(profile, sizes, max_bytes).Run();
}

}  // namespace memshim::analyzer::dhat
