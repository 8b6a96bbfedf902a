// Points as a tree of calls: from the outermost callers down to the call sites, or from the call
// sites up to their callers. Frames below the call site (allocation functions, the runtime) and
// those that only start the program are left out.
#ifndef MEMSHIM_ANALYZER_METRICS_CALL_TREE_H_
#define MEMSHIM_ANALYZER_METRICS_CALL_TREE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::metrics {

enum class TreeOrder { kDown, kUp };

struct TreeNode {
  // What the node's calls have in common, described as a call site is. Counters and points are
  // empty; the root has nothing at all.
  SiteGroup name;
  Amount amount;                 // of all points below
  uint64_t figure = 0;           // RankFigure(), by which children are ordered
  std::vector<size_t> children;  // largest figure first, those that are worth showing
  // The children that are not.
  size_t small_children = 0;
  Amount small_amount;
};

struct CallTree {
  std::vector<TreeNode> nodes;  // the first is the root
};

struct TreeQuery {
  TreeOrder order = TreeOrder::kDown;
  GroupBy by = GroupBy::kFunction;  // calls of one file or module within one another are one node
  RankBy rank = RankBy::kTotalBytes;
  double min_share = 0.01;  // of `whole`, below which a node is not worth showing
  uint64_t whole = 0;       // what shares are shares of
};

CallTree BuildCallTree(const model::Profile& profile, const TreeQuery& query);

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_CALL_TREE_H_
