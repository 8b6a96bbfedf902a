// Walks a unit's DIE tree once and flattens its scopes.
// Called by dwarf_index.cc. The tree may be damaged: every loop here is bounded by the size of the
// unit or by a constant.
#include "analyzer/symbolize/dwarf_unit.h"

#include <dwarf.h>

#include <algorithm>
#include <queue>

namespace memshim::analyzer::symbolize {
namespace {

// DIEs nest about 40 deep in large C++ programs.
constexpr size_t kMaxDepth = 1024;
// Ranges of one unit: 100,000 in the largest seen. Damaged range lists could repeat for ever.
constexpr size_t kMaxRanges = 4 << 20;

// Whether DIEs with this tag can have functions below them. Functions without code of their own
// and classes can: lambdas and local classes hang there.
bool CanHoldScopes(int tag) {
  switch (tag) {
    case DW_TAG_subprogram:
    case DW_TAG_inlined_subroutine:
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
    case DW_TAG_with_stmt:
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_interface_type:
    case DW_TAG_enumeration_type:  // Rust puts the methods of an enum there
    case DW_TAG_variant_part:
    case DW_TAG_variant:
    case DW_TAG_common_block:
      return true;
    default:
      return false;
  }
}

}  // namespace

DwarfUnit::DwarfUnit(Dwarf_Die root, const CodeRanges& code) {
  Walk(root, code);
  Flatten();
  ranges_.clear();
  ranges_.shrink_to_fit();
}

void DwarfUnit::Walk(Dwarf_Die root, const CodeRanges& code) {
  std::vector<uint32_t> around = {
      kNoScope};               // around[d]: the scope that children at depth d lie in
  size_t deepest = kMaxDepth;  // DIEs further down are below one without scopes
  DieCursor cursor(root);
  while (ranges_.size() < kMaxRanges && cursor.Next()) {
    if (cursor.depth() > deepest) continue;
    const bool can_hold_scopes = CanHoldScopes(cursor.tag());
    deepest = can_hold_scopes ? kMaxDepth : cursor.depth();
    if (!can_hold_scopes) continue;
    around.resize(cursor.depth());
    around.push_back(Record(cursor, around.back(), code));
  }
}

uint32_t DwarfUnit::Record(const DieCursor& cursor, uint32_t parent, const CodeRanges& code) {
  const uint32_t index = static_cast<uint32_t>(scopes_.size());
  const uint32_t depth = parent == kNoScope ? 0 : scopes_[parent].depth + 1;
  if (cursor.tag() == DW_TAG_inlined_subroutine) {
    // Kept without ranges as well: something that was inlined into it may have some.
    scopes_.push_back({cursor.die(), parent, depth, true});
    if (cursor.has_address()) RecordRanges(code);
    return index;
  }
  if (cursor.tag() == DW_TAG_subprogram) {
    // A function's code ends the chain of what it was inlined into, even if it is declared inside
    // another. Its depth still counts, as its code may lie between the other's.
    if (!cursor.has_address()) return kNoScope;
    scopes_.push_back({cursor.die(), kNoScope, depth, false});
    if (RecordRanges(code)) return index;
    scopes_.pop_back();
    return kNoScope;
  }
  return parent;
}

bool DwarfUnit::RecordRanges(const CodeRanges& code) {
  const uint32_t scope = static_cast<uint32_t>(scopes_.size() - 1);
  const size_t before = ranges_.size();
  ForEachCodeRange(&scopes_.back().die, code, [&](uint64_t begin, uint64_t end) {
    ranges_.push_back({begin, end, scope});
    return ranges_.size() < kMaxRanges;
  });
  return ranges_.size() > before;
}

bool DwarfUnit::IsDeeper(uint32_t range, uint32_t than) const {
  const uint32_t depth = scopes_[ranges_[range].scope].depth;
  const uint32_t than_depth = scopes_[ranges_[than].scope].depth;
  // Of two functions that claim the same bytes the one that begins later is the narrower guess.
  return depth != than_depth ? depth > than_depth : range > than;
}

void DwarfUnit::Flatten() {
  std::stable_sort(ranges_.begin(), ranges_.end(),
                   [](const Range& a, const Range& b) { return a.begin < b.begin; });
  std::vector<uint64_t> edges;
  edges.reserve(2 * ranges_.size());
  for (const Range& range : ranges_) {
    edges.push_back(range.begin);
    edges.push_back(range.end);
  }
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());

  // The ranges that are open at an edge, deepest first. Ended ones are dropped when they surface.
  auto is_below = [this](uint32_t a, uint32_t b) { return IsDeeper(b, a); };
  std::priority_queue<uint32_t, std::vector<uint32_t>, decltype(is_below)> open(is_below);
  uint32_t next = 0;
  for (const uint64_t edge : edges) {
    for (; next < ranges_.size() && ranges_[next].begin == edge; ++next) open.push(next);
    while (!open.empty() && ranges_[open.top()].end <= edge) open.pop();
    const uint32_t scope = open.empty() ? kNoScope : ranges_[open.top()].scope;
    if (segments_.empty() || segments_.back().scope != scope) segments_.push_back({edge, scope});
  }
  segments_.shrink_to_fit();
}

uint32_t DwarfUnit::Find(uint64_t address) const {
  auto after = std::upper_bound(segments_.begin(), segments_.end(), address,
                                [](uint64_t a, const Segment& s) { return a < s.begin; });
  return after == segments_.begin() ? kNoScope : (after - 1)->scope;
}

}  // namespace memshim::analyzer::symbolize
