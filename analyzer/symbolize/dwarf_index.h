// Address to function, file, line and inlined calls, by the DWARF of one module.
// Made by symbolizer.cc once a module. The ready-made look-ups of libdw are not used: they lose
// inlined calls or lines with link-time optimization, split DWARF and clang, and are slow.
//
// Units are found by the ranges of their DIEs, never by .debug_aranges, which clang does not
// write. A unit is walked when an address first falls into it, so time follows the units touched.
// Units without ranges hold no code, or are of a producer that says nothing about it.
#ifndef MEMSHIM_ANALYZER_SYMBOLIZE_DWARF_INDEX_H_
#define MEMSHIM_ANALYZER_SYMBOLIZE_DWARF_INDEX_H_

#include <elfutils/libdw.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/symbolize/dwarf_names.h"
#include "analyzer/symbolize/dwarf_unit.h"
#include "analyzer/symbolize/module_file.h"
#include "analyzer/symbolize/source_frame.h"

namespace memshim::analyzer::symbolize {

class DwarfIndex {
 public:
  // `code` is in DWARF's addresses. `directory` is where the file with the DWARF lies; split units
  // are looked for there. `dwarf` and `demangler` must outlive the index.
  DwarfIndex(Dwarf* dwarf, CodeRanges code, std::string directory, Demangler* demangler);

  // Innermost first; empty when DWARF has nothing for `address`. The function of the last frame
  // may be empty though its line is known.
  std::vector<SourceFrame> Find(uint64_t address);

 private:
  struct Unit {
    Dwarf_Die die;  // of the skeleton when the unit is split: it has the lines and files
    // The rest is there once the unit is loaded.
    std::optional<DwarfUnit> scopes;
    std::string directory;  // of the compilation
    Dwarf_Files* files = nullptr;
    size_t file_count = 0;
  };
  struct UnitRange {
    uint64_t begin, end;
    uint64_t highest_end;  // the highest `end` of this range and all before it
    size_t unit;
  };

  void ListUnits(Dwarf* dwarf);
  void AddUnit(Dwarf_Die* die);
  void Load(Unit* unit);
  bool IsSplitFileSafe(Dwarf_Die* skeleton) const;
  std::vector<SourceFrame> FramesIn(Unit* unit, uint64_t address);
  std::string FileName(const Unit& unit, Dwarf_Word index) const;
  std::string FullPath(const Unit& unit, const char* name) const;

  const CodeRanges code_;
  const std::string directory_;
  DwarfNames names_;
  std::vector<Unit> units_;
  std::vector<UnitRange> ranges_;  // by begin
};

}  // namespace memshim::analyzer::symbolize

#endif  // MEMSHIM_ANALYZER_SYMBOLIZE_DWARF_INDEX_H_
