// See stack_tree.h.
#include "analyzer/page/stack_tree.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "analyzer/convert/label.h"

namespace memshim::analyzer::page {
namespace {

void MergeFrames(const model::Profile& profile, StackTree* tree) {
  tree->shown_as.reserve(profile.frames.size());
  absl::flat_hash_map<std::string, uint32_t> known;
  for (uint32_t i = 0; i < profile.frames.size(); ++i) {
    const model::Frame& frame = profile.frames[i];
    std::string label = convert::FrameLabel(profile, frame);
    const auto [entry, is_new] =
        known.try_emplace(absl::StrCat(label, "\n", frame.file, "\n", frame.module),
                          static_cast<uint32_t>(tree->frames.size()));
    if (is_new) tree->frames.push_back({std::move(label), i, frame.line});
    ShownFrame& merged = tree->frames[entry->second];
    if (merged.line != frame.line) merged.line = 0;
    tree->shown_as.push_back(entry->second);
  }
}

}  // namespace

StackTree BuildStackTree(const model::Profile& profile) {
  StackTree tree;
  MergeFrames(profile, &tree);
  // In the order in which they are met; each after its parent.
  std::vector<uint32_t> parents = {0}, frames = {0}, leaves;
  absl::flat_hash_map<uint64_t, uint32_t> known;  // (parent, frame): node
  leaves.reserve(profile.points.size());
  for (const model::Point& point : profile.points) {
    uint32_t at = 0;
    for (size_t i = point.frames.size(); i > 0; --i) {
      const uint32_t frame = tree.shown_as[point.frames[i - 1]];
      const auto [entry, is_new] =
          known.try_emplace(uint64_t{at} << 32 | frame, static_cast<uint32_t>(parents.size()));
      if (is_new) {
        parents.push_back(at);
        frames.push_back(frame);
      }
      at = entry->second;
    }
    leaves.push_back(at);
  }
  // Then breadth first: children of one node side by side.
  const size_t nodes = parents.size();
  std::vector<uint32_t> begin(nodes + 1), children(nodes > 0 ? nodes - 1 : 0);
  for (size_t i = 1; i < nodes; ++i) ++begin[parents[i] + 1];
  for (size_t i = 0; i < nodes; ++i) begin[i + 1] += begin[i];
  std::vector<uint32_t> filled(begin.begin(), begin.end());
  for (uint32_t i = 1; i < nodes; ++i) children[filled[parents[i]]++] = i;
  std::vector<uint32_t> order = {0}, place(nodes);
  order.reserve(nodes);
  tree.first_child.reserve(nodes + 1);
  tree.node_frame.reserve(nodes);
  for (size_t at = 0; at < order.size(); ++at) {
    const uint32_t node = order[at];
    place[node] = static_cast<uint32_t>(at);
    tree.node_frame.push_back(frames[node]);
    tree.first_child.push_back(static_cast<uint32_t>(order.size()));
    for (uint32_t c = begin[node]; c < begin[node + 1]; ++c) order.push_back(children[c]);
  }
  tree.first_child.push_back(static_cast<uint32_t>(nodes));
  for (uint32_t& leaf : leaves) leaf = place[leaf];
  tree.point_node = std::move(leaves);
  return tree;
}

}  // namespace memshim::analyzer::page
