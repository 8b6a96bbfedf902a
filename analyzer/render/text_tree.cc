// TreeText() of text_views.h. A call that is the only one worth showing of its caller stands below
// it without being moved in, so that deep stacks stay on the screen.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "analyzer/render/amounts.h"
#include "analyzer/render/format.h"
#include "analyzer/render/names.h"
#include "analyzer/render/style.h"
#include "analyzer/render/text_views.h"

namespace memshim::analyzer::render {
namespace {

using metrics::CallTree;
using metrics::TreeNode;
using metrics::TreeOrder;
using metrics::TreeQuery;

constexpr size_t kMostIndent = 40;
constexpr size_t kNumberColumns = 29;

class Tree {
 public:
  Tree(const model::Profile& profile, const CallTree& tree, const TreeQuery& query,
       const ReportOptions& options)
      : profile_(profile), tree_(tree), query_(query), options_(options) {}

  std::string Render();

 private:
  struct Line {
    size_t node;
    size_t depth;
    std::string lead;  // before the branch
    bool is_last;
    bool is_branch;  // one of several calls of its caller
    size_t parent;   // node
  };

  void AddLine(const Line& line);
  void AddRest();
  std::string Numbers(const TreeNode& node) const;
  std::string Name(const Line& line, size_t width) const;
  std::string Branch(const Line& line) const;

  const model::Profile& profile_;
  const CallTree& tree_;
  const TreeQuery& query_;
  const ReportOptions& options_;
  std::string text_;
};

std::string Tree::Numbers(const TreeNode& node) const {
  return absl::StrCat(PadLeft(FormatShare(node.figure, query_.whole), 6),
                      PadLeft(FormatSize(profile_, static_cast<double>(node.amount.bytes)), 10),
                      PadLeft(FormatCount(node.amount.blocks), 11), "  ");
}

// Without the module where it is that of the line above.
std::string Tree::Name(const Line& line, size_t width) const {
  if (line.node == 0) return "all";
  metrics::SiteGroup name = tree_.nodes[line.node].name;
  const bool is_same_module = name.module_path == tree_.nodes[line.parent].name.module_path;
  if (is_same_module && !name.function.empty() && !options_.full_names) name.module_path.clear();
  return SiteName(name, options_.full_names, width);
}

void Tree::AddLine(const Line& line) {
  const TreeNode& node = tree_.nodes[line.node];
  const TreeNode& parent = tree_.nodes[line.parent];
  // The only call of its caller that has all that the caller has needs no figures of its own.
  const bool is_the_same = line.node != 0 && !line.is_branch &&
                           node.amount.bytes == parent.amount.bytes &&
                           node.amount.blocks == parent.amount.blocks;
  const std::string branch = Branch(line);
  const size_t room =
      options_.full_names ? kAnyWidth : options_.columns - kNumberColumns - DisplayWidth(branch);
  absl::StrAppend(&text_, is_the_same ? std::string(kNumberColumns, ' ') : Numbers(node), branch,
                  Name(line, room), "\n");
}

// What is not shown of the root's calls, so that the shares of those that are add up.
void Tree::AddRest() {
  const TreeNode& root = tree_.nodes[0];
  if (root.small_children == 0) return;
  TreeNode rest;
  rest.amount = root.small_amount;
  rest.figure = root.figure;
  for (const size_t child : root.children) {
    rest.figure -= std::min(rest.figure, tree_.nodes[child].figure);  // sums stay at 2^64-1
  }
  const std::string text = absl::StrCat(
      "... ", Counted(root.small_children, "call", "calls"), " more, below ",
      absl::StrFormat("%g%%", query_.min_share * 100), root.small_children == 1 ? "" : " each");
  absl::StrAppend(&text_, Numbers(rest), FitEnd(text, options_.columns - kNumberColumns), "\n");
}

std::string Tree::Branch(const Line& line) const {
  if (!line.is_branch) return line.lead;
  const char* const fork =
      options_.unicode ? (line.is_last ? "└ " : "├ ") : (line.is_last ? "` " : "| ");
  return absl::StrCat(line.lead, fork);
}

std::string Tree::Render() {
  const bool is_down = query_.order == TreeOrder::kDown;
  const Style style(options_.use_color);
  std::string title = absl::StrCat(FigureName(profile_, query_.rank),
                                   is_down ? ", from the outermost callers down to the call sites"
                                           : ", from the call sites up to their callers");
  title[0] = absl::ascii_toupper(static_cast<unsigned char>(title[0]));
  absl::StrAppend(&text_, style.Heading(FitEnd(CleanText(title), options_.columns)), "\n");
  absl::StrAppend(&text_,
                  style.Faint(absl::StrCat(
                      PadLeft("share", 6), PadLeft(FitEnd(CleanText(profile_.bytes_unit), 9), 10),
                      PadLeft(FitEnd(CleanText(profile_.blocks_unit), 10), 11))),
                  "\n");
  std::vector<Line> stack = {{0, 0, "", true, false, 0}};
  while (!stack.empty()) {
    const Line line = std::move(stack.back());
    stack.pop_back();
    const TreeNode& node = tree_.nodes[line.node];
    AddLine(line);
    if (options_.depth > 0 && line.depth == options_.depth) continue;
    std::string lead = line.lead;
    if (line.is_branch) {
      absl::StrAppend(&lead, line.is_last ? "  " : options_.unicode ? "│ " : "| ");
    }
    if (DisplayWidth(lead) > kMostIndent && !node.children.empty()) {
      absl::StrAppend(&text_, std::string(kNumberColumns, ' '), lead,
                      "... more calls: --focus or --min-pct\n");
      continue;
    }
    const bool are_branches = node.children.size() > 1;
    for (size_t i = node.children.size(); i-- > 0;) {
      stack.push_back({node.children[i], line.depth + 1, lead, i + 1 == node.children.size(),
                       are_branches, line.node});
    }
  }
  AddRest();
  absl::StrAppend(
      &text_, "\n",
      style.Faint(FitEnd(absl::StrCat("Next: --tree=", is_down ? "up" : "down",
                                      ", --by=site for lines, --sort=KEY, --min-pct=N, --depth=N, "
                                      "--focus=RE, --hide=RE"),
                         options_.columns)),
      "\n");
  return std::move(text_);
}

}  // namespace

std::string FigureName(const model::Profile& profile, metrics::RankBy by) {
  const std::string& bytes = profile.bytes_unit;
  const std::string& blocks = profile.blocks_unit;
  switch (by) {
    case metrics::RankBy::kTotalBytes:
      return absl::StrCat("Total ", bytes);
    case metrics::RankBy::kTotalBlocks:
    case metrics::RankBy::kShortLived:
      return absl::StrCat("Total ", blocks);
    case metrics::RankBy::kPeakBytes:
      return absl::StrCat(bytes, " live at the peak");
    case metrics::RankBy::kPeakBlocks:
      return absl::StrCat(blocks, " live at the peak");
    case metrics::RankBy::kEndBytes:
      return absl::StrCat(bytes, " live at the end");
    case metrics::RankBy::kEndBlocks:
      return absl::StrCat(blocks, " live at the end");
    case metrics::RankBy::kTemporary:
      return absl::StrCat("Temporary ", blocks);
    case metrics::RankBy::kMovedBytes:
      return absl::StrCat(bytes, " moved by resizes");
    case metrics::RankBy::kSlack:
      return absl::StrCat(bytes, " of slack");
  }
  return "";
}

std::string TreeText(const model::Profile& profile, const CallTree& tree, const TreeQuery& query,
                     const ReportOptions& options) {
  return Tree(profile, tree, query, options).Render();
}

}  // namespace memshim::analyzer::render
