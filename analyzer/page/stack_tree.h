// The stacks of a profile as a tree of functions: frames of equal name, file and module are one,
// whatever their lines and addresses. (Call sites keep their lines.) Called by page_data.cc only.
#ifndef MEMSHIM_ANALYZER_PAGE_STACK_TREE_H_
#define MEMSHIM_ANALYZER_PAGE_STACK_TREE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/model/profile.h"

namespace memshim::analyzer::page {

struct ShownFrame {
  std::string label;
  uint32_t frame = 0;  // one of the profile's that look so
  uint32_t line = 0;   // 0: unknown, or of several lines
};

struct StackTree {
  std::vector<ShownFrame> frames;
  std::vector<uint32_t> shown_as;  // of each frame of the profile: which of these
  // Nodes in breadth-first order, the root first: children of n are first_child[n] to
  // first_child[n + 1] - 1. The root's frame is of no meaning.
  std::vector<uint32_t> node_frame;
  std::vector<uint32_t> first_child;  // one more than there are nodes
  std::vector<uint32_t> point_node;   // of each point of the profile
};

StackTree BuildStackTree(const model::Profile& profile);

}  // namespace memshim::analyzer::page

#endif  // MEMSHIM_ANALYZER_PAGE_STACK_TREE_H_
