// See call_tree.h.
#include "analyzer/metrics/call_tree.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::metrics {
namespace {

using Name = uint32_t;  // index into the list of names of a builder

class Builder {
 public:
  Builder(const model::Profile& profile, const TreeQuery& query)
      : profile_(profile), query_(query), finder_(profile), names_of_(profile.frames.size()) {}

  CallTree Build();

 private:
  struct Sum {
    Name name = 0;
    Amount amount;
    uint64_t figure = 0;
    std::vector<uint32_t> children;
  };

  Name Intern(SiteGroup described);
  Name NameOf(uint32_t frame);
  void PathOf(const model::Point& point, std::vector<Name>* path);
  void Add(const std::vector<Name>& path, const model::Counters& counters);
  uint32_t Child(uint32_t parent, Name name);
  void AddTo(const model::Counters& counters, Sum* sum) const;

  const model::Profile& profile_;
  const TreeQuery& query_;
  SiteFinder finder_;
  std::deque<SiteGroup> names_;
  absl::flat_hash_map<std::string, Name> name_ids_;
  std::vector<Name> names_of_;  // one more than the name of each frame; 0: not looked at yet
  std::vector<Sum> sums_ = {Sum()};
  absl::flat_hash_map<std::pair<uint32_t, Name>, uint32_t> child_ids_;
};

Name Builder::Intern(SiteGroup described) {
  const auto [known, is_new] =
      name_ids_.emplace(GroupKey(described), static_cast<Name>(names_.size()));
  if (is_new) names_.push_back(std::move(described));
  return known->second;
}

Name Builder::NameOf(uint32_t frame) {
  if (names_of_[frame] == 0) {
    names_of_[frame] = Intern(DescribeFrame(profile_, profile_.frames[frame], query_.by)) + 1;
  }
  return names_of_[frame] - 1;
}

// Innermost first. Frames of one name beside each other are one, so that a file or a module, or a
// function that calls itself, is not shown within itself.
void Builder::PathOf(const model::Point& point, std::vector<Name>* path) {
  path->clear();
  const Site site = finder_.FindSite(point);
  if (site.position == kNoFrame || !site.label.empty() || site.kind == SiteKind::kFolded) {
    path->push_back(Intern(DescribeSite(profile_, point, site, query_.by)));
    if (site.position == kNoFrame) return;
  }
  for (size_t i = site.position; i < point.frames.size(); ++i) {
    const FrameKind kind = finder_.KindOf(point.frames[i]);
    if (kind == FrameKind::kStart || kind == FrameKind::kThreadStart) continue;
    if (site.kind == SiteKind::kFolded && i == site.position) continue;
    const Name name = NameOf(point.frames[i]);
    if (path->empty() || path->back() != name) path->push_back(name);
  }
}

void Builder::AddTo(const model::Counters& counters, Sum* sum) const {
  const Amount amount = AmountOf(counters, query_.rank);
  sum->amount.bytes = model::SaturatingAdd(sum->amount.bytes, amount.bytes);
  sum->amount.blocks = model::SaturatingAdd(sum->amount.blocks, amount.blocks);
  sum->figure = model::SaturatingAdd(sum->figure, RankFigure(counters, query_.rank));
}

uint32_t Builder::Child(uint32_t parent, Name name) {
  const auto [known, is_new] =
      child_ids_.try_emplace({parent, name}, static_cast<uint32_t>(sums_.size()));
  if (is_new) {
    sums_.emplace_back().name = name;
    sums_[parent].children.push_back(known->second);
  }
  return known->second;
}

void Builder::Add(const std::vector<Name>& path, const model::Counters& counters) {
  uint32_t node = 0;
  AddTo(counters, &sums_[node]);
  for (const Name name : path) {
    node = Child(node, name);
    AddTo(counters, &sums_[node]);
  }
}

CallTree Builder::Build() {
  std::vector<Name> path;
  for (const model::Point& point : profile_.points) {
    if (RankFigure(point.counters, query_.rank) == 0) continue;
    PathOf(point, &path);
    if (query_.order == TreeOrder::kDown) std::reverse(path.begin(), path.end());
    Add(path, point.counters);
  }
  // Only what is worth showing becomes a node, breadth first.
  const double least = query_.min_share * static_cast<double>(query_.whole);
  CallTree tree;
  std::vector<uint32_t> sum_of = {0};
  tree.nodes.emplace_back();
  for (size_t i = 0; i < tree.nodes.size(); ++i) {
    Sum& sum = sums_[sum_of[i]];
    std::sort(sum.children.begin(), sum.children.end(), [&](uint32_t a, uint32_t b) {
      return sums_[a].figure != sums_[b].figure ? sums_[a].figure > sums_[b].figure : a < b;
    });
    std::vector<size_t> shown;
    Amount small;
    for (const uint32_t child : sum.children) {
      if (static_cast<double>(sums_[child].figure) >= least) {
        shown.push_back(tree.nodes.size());
        sum_of.push_back(child);
        tree.nodes.emplace_back().name = names_[sums_[child].name];
      } else {
        small.bytes = model::SaturatingAdd(small.bytes, sums_[child].amount.bytes);
        small.blocks = model::SaturatingAdd(small.blocks, sums_[child].amount.blocks);
      }
    }
    TreeNode& node = tree.nodes[i];
    node.amount = sum.amount;
    node.figure = sum.figure;
    node.small_children = sum.children.size() - shown.size();
    node.small_amount = small;
    node.children = std::move(shown);
  }
  return tree;
}

}  // namespace

CallTree BuildCallTree(const model::Profile& profile, const TreeQuery& query) {
  return Builder(profile, query).Build();
}

}  // namespace memshim::analyzer::metrics
