// See oracle.h.
#include "shim/unwind/oracle.h"

#include "shim/base/attributes.h"
#include "shim/unwind/stack_trie.h"

namespace memshim::unwind {
namespace {

using ledger::Verdict;

struct Expected {
  int depth;
  bool is_whole;  // false: code without description ended it
};

// Compares `count` frames, from recorded[i] and expected[j] on. -1: equal, else the innermost
// index into `recorded` that differs.
int FirstDifference(const OracleScratch& scratch, int i, int j, int count) {
  for (int k = 0; k < count; ++k) {
    if (scratch.recorded[i + k] != scratch.expected.pcs[j + k]) return i + k;
  }
  return -1;
}

// -1: the stacks are equal, as far as the expected one goes.
int Compare(const OracleScratch& scratch, int recorded, const Expected& expected) {
  int inner = 0;  // frames before the mark of a stack that was cut in the middle
  while (inner < recorded && scratch.recorded[inner] != kCutPc) ++inner;
  const bool is_cut = inner < recorded;
  const int common = inner < expected.depth ? inner : expected.depth;
  const int difference = FirstDifference(scratch, 0, 0, common);
  if (difference >= 0) return difference;
  if (!expected.is_whole) return expected.depth > inner && !is_cut ? common : -1;
  if (!is_cut) return recorded == expected.depth ? -1 : common;
  const int outer = recorded - inner - 1;
  if (expected.depth < recorded) return common;
  return FirstDifference(scratch, inner + 1, expected.depth - outer, outer);
}

}  // namespace

MEMSHIM_NOINLINE Comparison CompareWithOracle(OracleScratch* scratch, int depth, int limit,
                                              uint32_t generation) {
  Expected expected;
  expected.depth = CaptureByLibunwind(&scratch->expected, generation, &expected.is_whole);
  if (expected.depth > limit && limit < static_cast<int>(ledger::kMaxDepth)) {
    expected = {limit, true};
  }
  if (expected.depth == 0) return {Verdict::kNotCompared, 0, 0, depth, 0};
  const int difference = Compare(*scratch, depth, expected);
  // Nothing was recorded behind the code without description: the loader's first instructions.
  if (depth == expected.depth) expected.is_whole = true;
  const Verdict verdict = difference >= 0     ? Verdict::kDifferent
                          : expected.is_whole ? Verdict::kEqual
                                              : Verdict::kEqualWhereDescribed;
  // Behind the mark of a cut stack frames are counted from the outermost one.
  bool is_behind_cut = false;
  for (int i = 0; i < difference; ++i) is_behind_cut |= scratch->recorded[i] == kCutPc;
  const int expected_frame = is_behind_cut ? expected.depth - (depth - difference) : difference;
  return {verdict, difference, expected_frame, depth, expected.depth};
}

}  // namespace memshim::unwind
