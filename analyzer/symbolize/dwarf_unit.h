// The functions of one DWARF unit, inlined ones included, searchable by address.
// Made by dwarf_index.cc when an address first falls into the unit. It knows addresses and
// nesting; names, files and lines are read by dwarf_index.cc from the DIEs it returns.
//
// A scope is a function or an inlined call of one. Scopes nest by DIE tree: an inlined call's
// parent is what it was inlined into. Their ranges nest too in good DWARF, but overlap in real
// DWARF; where they do, the deepest scope wins. Flattened, that is a list of segments:
//
//   scopes     main [10,40)    f in main [15,30)    g in f [20,25)
//   segments   10 main | 15 f | 20 g | 25 f | 30 main | 40 none
#ifndef MEMSHIM_ANALYZER_SYMBOLIZE_DWARF_UNIT_H_
#define MEMSHIM_ANALYZER_SYMBOLIZE_DWARF_UNIT_H_

#include <elfutils/libdw.h>

#include <cstdint>
#include <vector>

#include "analyzer/symbolize/die_cursor.h"
#include "analyzer/symbolize/module_file.h"

namespace memshim::analyzer::symbolize {

inline constexpr uint32_t kNoScope = UINT32_MAX;

struct Scope {
  Dwarf_Die die;
  uint32_t parent;  // the scope it was inlined into; kNoScope for a function's own code
  uint32_t depth;   // scopes around it
  bool is_inlined;
};

class DwarfUnit {
 public:
  // Walks the tree under `root`: the unit's DIE, or that of its split unit. Ranges that do not
  // begin in `code` belong to functions that the linker dropped.
  DwarfUnit(Dwarf_Die root, const CodeRanges& code);

  // The deepest scope at `address`, or kNoScope.
  uint32_t Find(uint64_t address) const;
  const Scope& scope(uint32_t index) const { return scopes_[index]; }

 private:
  struct Range {
    uint64_t begin, end;
    uint32_t scope;
  };
  struct Segment {
    uint64_t begin;
    uint32_t scope;
  };

  void Walk(Dwarf_Die root, const CodeRanges& code);
  // The scope that children of the cursor's DIE lie in.
  uint32_t Record(const DieCursor& cursor, uint32_t parent, const CodeRanges& code);
  // Those of the last scope. False: it has none.
  bool RecordRanges(const CodeRanges& code);
  void Flatten();
  bool IsDeeper(uint32_t range, uint32_t than) const;

  std::vector<Scope> scopes_;
  std::vector<Range> ranges_;  // only while it is made
  std::vector<Segment> segments_;
};

// Calls visit(begin, end) for every range of `die` that begins in `code`, until it returns false.
template <typename Visitor>
void ForEachCodeRange(Dwarf_Die* die, const CodeRanges& code, Visitor visit) {
  Dwarf_Addr base = 0, begin = 0, end = 0;
  for (ptrdiff_t at = 0; (at = dwarf_ranges(die, at, &base, &begin, &end)) > 0;) {
    // Linkers put the ranges of dropped functions at 0 or 1, or at the highest addresses.
    if (begin < end && begin > 1 && code.Contains(begin)) {
      if (!visit(begin, end)) return;
    }
  }
}

}  // namespace memshim::analyzer::symbolize

#endif  // MEMSHIM_ANALYZER_SYMBOLIZE_DWARF_UNIT_H_
