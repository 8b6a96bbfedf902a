// The units of a module, their line tables, and the chains of inlined calls.
// Called by symbolizer.cc. The DWARF may be damaged: every loop here is bounded.
#include "analyzer/symbolize/dwarf_index.h"

#include <dwarf.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/str_cat.h"

namespace memshim::analyzer::symbolize {
namespace {

constexpr size_t kMaxUnits = 4 << 20;
constexpr size_t kMaxUnitRanges = 16 << 20;
// How many units that claim the same address are tried. In good DWARF there is one; identical
// functions that a linker folded give a few.
constexpr int kMaxUnitsTried = 32;
// Inlined calls above one address; 60 is the most seen in real programs.
constexpr size_t kMaxChain = 1024;

Dwarf_Word Number(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr(die, name, &attribute) == nullptr) return 0;
  return dwarf_formudata(&attribute, &value) == 0 ? value : 0;
}

std::string Text(Dwarf_Die* die, std::initializer_list<unsigned> names) {
  for (const unsigned name : names) {
    Dwarf_Attribute attribute;
    const char* text = dwarf_formstring(dwarf_attr(die, name, &attribute));
    if (text != nullptr) return text;
  }
  return "";
}

}  // namespace

DwarfIndex::DwarfIndex(Dwarf* dwarf, CodeRanges code, std::string directory, Demangler* demangler)
    : code_(std::move(code)), directory_(std::move(directory)), names_(demangler) {
  ListUnits(dwarf);
  std::sort(ranges_.begin(), ranges_.end(), [](const UnitRange& a, const UnitRange& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.unit < b.unit;
  });
  uint64_t highest_end = 0;
  for (UnitRange& range : ranges_) {
    highest_end = std::max(highest_end, range.end);
    range.highest_end = highest_end;
  }
}

void DwarfIndex::ListUnits(Dwarf* dwarf) {
  Dwarf_CU* unit = nullptr;
  Dwarf_Die die;
  uint8_t type = 0;
  while (units_.size() < kMaxUnits && ranges_.size() < kMaxUnitRanges &&
         dwarf_get_units(dwarf, unit, &unit, nullptr, &type, &die, nullptr) == 0) {
    // Type and partial units have no code. A cleared DIE is a unit that libdw cannot read.
    if (die.addr != nullptr && (type == DW_UT_compile || type == DW_UT_skeleton)) AddUnit(&die);
  }
}

void DwarfIndex::AddUnit(Dwarf_Die* die) {
  const size_t before = ranges_.size();
  ForEachCodeRange(die, code_, [&](uint64_t begin, uint64_t end) {
    ranges_.push_back({begin, end, 0, units_.size()});
    return ranges_.size() < kMaxUnitRanges;
  });
  if (ranges_.size() == before) return;
  units_.emplace_back();
  units_.back().die = *die;
}

// The name of a .dwo file is content of the module, and libdw opens it whatever it is.
bool DwarfIndex::IsSplitFileSafe(Dwarf_Die* skeleton) const {
  const std::string name = Text(skeleton, {DW_AT_dwo_name, DW_AT_GNU_dwo_name});
  if (name.empty()) return true;
  if (name[0] == '/') return IsAbsentOrRegular(name);
  return IsAbsentOrRegular(absl::StrCat(directory_, "/", name)) &&
         IsAbsentOrRegular(absl::StrCat(Text(skeleton, {DW_AT_comp_dir}), "/", name));
}

void DwarfIndex::Load(Unit* unit) {
  if (dwarf_getsrcfiles(&unit->die, &unit->files, &unit->file_count) != 0) unit->file_count = 0;
  unit->directory = Text(&unit->die, {DW_AT_comp_dir});
  Dwarf_Die root = unit->die;
  if (IsSplitFileSafe(&root)) {
    Dwarf_Die split;
    uint8_t type = 0;
    if (dwarf_cu_info(root.cu, nullptr, &type, nullptr, &split, nullptr, nullptr, nullptr) == 0 &&
        type == DW_UT_skeleton && split.addr != nullptr) {
      root = split;
    }
  }
  unit->scopes.emplace(root, code_);
}

std::string DwarfIndex::FileName(const Unit& unit, Dwarf_Word index) const {
  if (index >= unit.file_count) return "";
  return FullPath(unit, dwarf_filesrc(unit.files, index, nullptr, nullptr));
}

std::string DwarfIndex::FullPath(const Unit& unit, const char* name) const {
  if (name == nullptr) return "";
  // A directory that was made relative on purpose (-ffile-prefix-map) is in the name already.
  const bool is_relative = name[0] != '/' && !unit.directory.empty() && unit.directory[0] == '/';
  return is_relative ? absl::StrCat(unit.directory, "/", name) : name;
}

std::vector<SourceFrame> DwarfIndex::FramesIn(Unit* unit, uint64_t address) {
  if (!unit->scopes.has_value()) Load(unit);
  std::vector<SourceFrame> frames;
  SourceFrame frame;
  Dwarf_Line* line = dwarf_getsrc_die(&unit->die, address);
  if (line != nullptr) {
    frame.file = FullPath(*unit, dwarf_linesrc(line, nullptr, nullptr));
    int number = 0;
    if (dwarf_lineno(line, &number) == 0 && number > 0) frame.line = static_cast<uint32_t>(number);
  }
  uint32_t index = unit->scopes->Find(address);
  while (index != kNoScope && frames.size() < kMaxChain) {
    const Scope& scope = unit->scopes->scope(index);
    Dwarf_Die die = scope.die;
    frame.function = names_.NameOf(&die);
    frame.is_inlined = scope.is_inlined;
    frames.push_back(std::move(frame));
    frame = SourceFrame();
    if (!scope.is_inlined) return frames;
    // Where the call was: the line of the frame that follows.
    frame.file = FileName(*unit, Number(&die, DW_AT_call_file));
    frame.line = static_cast<uint32_t>(Number(&die, DW_AT_call_line));
    index = scope.parent;
  }
  // The function around is not in the DWARF.
  if (!frames.empty() || line != nullptr) frames.push_back(std::move(frame));
  return frames;
}

std::vector<SourceFrame> DwarfIndex::Find(uint64_t address) {
  auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                [](uint64_t a, const UnitRange& r) { return a < r.begin; });
  std::vector<SourceFrame> best;
  for (int tried = 0; after != ranges_.begin() && tried < kMaxUnitsTried; ++tried) {
    --after;
    if (after->highest_end <= address) break;
    if (address >= after->end) continue;
    std::vector<SourceFrame> frames = FramesIn(&units_[after->unit], address);
    if (!frames.empty() && !frames.back().function.empty()) return frames;
    if (best.empty()) best = std::move(frames);
  }
  return best;
}

}  // namespace memshim::analyzer::symbolize
