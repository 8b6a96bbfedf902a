// Tree churn, for the benchmark: a program that does little but allocate. Expressions are bred: a
// random part of one gives way to a copy of a random part of another, the better of two, and now
// and then a new one is grown. Copying and dropping go up and down the trees.
//
//   trees STEPS
//
// Prints how many nodes there are at the end.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace {

constexpr int kTrees = 64, kDeepest = 12;

struct Node;
using Tree = std::unique_ptr<Node>;

struct Node {
  uint64_t value;
  Tree left, right;
};

uint64_t Next(uint64_t* random) {
  *random ^= *random << 13;
  *random ^= *random >> 7;
  *random ^= *random << 17;
  return *random >> 16;
}

Tree Grow(int levels, uint64_t* random) {
  auto tree = std::make_unique<Node>();
  tree->value = Next(random);
  if (levels > 1 && tree->value % 8 != 0) {
    tree->left = Grow(levels - 1, random);
    tree->right = Grow(levels - 1, random);
  }
  return tree;
}

// At most so many levels of it.
Tree Copy(const Node& node, int levels) {
  auto copy = std::make_unique<Node>();
  copy->value = node.value;
  if (levels > 1 && node.left != nullptr) {
    copy->left = Copy(*node.left, levels - 1);
    copy->right = Copy(*node.right, levels - 1);
  }
  return copy;
}

uint64_t Evaluate(const Node& node, uint64_t x) {
  if (node.left == nullptr) return node.value % 2 == 0 ? x : node.value;
  const uint64_t left = Evaluate(*node.left, x), right = Evaluate(*node.right, x);
  switch (node.value % 3) {
    case 0:
      return left + right;
    case 1:
      return left * right;
    default:
      return left ^ right;
  }
}

long Count(const Node& node) {
  return node.left == nullptr ? 1 : 1 + Count(*node.left) + Count(*node.right);
}

// A random part of a tree, and how many levels lie above it.
struct Part {
  Tree* tree;
  int level;
};
Part PartOf(Tree* tree, uint64_t* random) {
  int level = 0;
  while ((*tree)->left != nullptr && Next(random) % 4 != 0) {
    tree = Next(random) % 2 == 0 ? &(*tree)->left : &(*tree)->right;
    ++level;
  }
  return {tree, level};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  constexpr int kLevelsOfNew = 6, kStepsToNew = 4;
  uint64_t random = 0x9e3779b97f4a7c15;
  std::array<Tree, kTrees> trees;
  for (Tree& tree : trees) tree = Grow(kLevelsOfNew, &random);
  for (long step = 0; step < atol(argv[1]); ++step) {
    const Part to = PartOf(&trees[Next(&random) % kTrees], &random);
    Tree* one = &trees[Next(&random) % kTrees];
    Tree* other = &trees[Next(&random) % kTrees];
    const uint64_t x = Next(&random);
    const bool is_better = Evaluate(**one, x) > Evaluate(**other, x);
    const Part from = PartOf(is_better ? one : other, &random);
    *to.tree = Copy(**from.tree, kDeepest - to.level);
    if (step % kStepsToNew == 0) trees[Next(&random) % kTrees] = Grow(kLevelsOfNew, &random);
  }
  long nodes = 0;
  for (const Tree& tree : trees) nodes += Count(*tree);
  printf("%ld nodes\n", nodes);
  return 0;
}
