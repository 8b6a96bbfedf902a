// Finds names, and the declarations around a DIE, which DWARF stores only from the outside in: the
// way down from the unit is searched, remembering the containers of each level that was passed.
// Called by dwarf_index.cc. Must not follow more than a fixed number of references.
#include "analyzer/symbolize/dwarf_names.h"

#include <dwarf.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::symbolize {
namespace {

// A concrete function refers to an abstract one, that to its declaration; libdw follows 16 too.
constexpr int kMaxReferences = 16;
// Names within names: local classes of functions of local classes.
constexpr int kMaxNameDepth = 24;
constexpr int kMaxContainerDepth = 256;
constexpr absl::string_view kCallOperator = "operator()";
// 40 MB; what is dropped is found again.
constexpr size_t kMaxContainers = 1 << 20;

bool FollowReference(Dwarf_Die* die, unsigned attribute_name, Dwarf_Die* target) {
  Dwarf_Attribute attribute;
  return dwarf_attr(die, attribute_name, &attribute) != nullptr &&
         dwarf_formref_die(&attribute, target) != nullptr;
}

// The DIE that stands where the thing was declared.
Dwarf_Die DeclarationOf(Dwarf_Die die) {
  for (int i = 0; i < kMaxReferences; ++i) {
    Dwarf_Die target;
    if (!FollowReference(&die, DW_AT_abstract_origin, &target) &&
        !FollowReference(&die, DW_AT_specification, &target)) {
      break;
    }
    die = target;
  }
  return die;
}

bool IsInCSource(Dwarf_Die* unit) {
  switch (dwarf_srclang(unit)) {
    case DW_LANG_C:
    case DW_LANG_C89:
    case DW_LANG_C99:
    case DW_LANG_C11:
    case DW_LANG_Mips_Assembler:
      return true;
    default:
      return false;
  }
}

bool IsContainer(Dwarf_Die* die) {
  switch (dwarf_tag(die)) {
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_interface_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_lexical_block:
      return dwarf_haschildren(die) == 1;
    case DW_TAG_subprogram:
      // Declarations have parameters below them, nothing else.
      return dwarf_haschildren(die) == 1 && dwarf_hasattr(die, DW_AT_declaration) != 1;
    default:
      return false;
  }
}

const char* NameOfUnnamed(int tag) {
  switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
      return "(anonymous namespace)";
    case DW_TAG_structure_type:
      return "(anonymous struct)";
    case DW_TAG_union_type:
      return "(anonymous union)";
    default:
      return "(anonymous class)";
  }
}

bool IsBefore(const void* a, const void* b) {
  return reinterpret_cast<uintptr_t>(a) < reinterpret_cast<uintptr_t>(b);
}

}  // namespace

std::string DwarfNames::NameOf(Dwarf_Die* function) {
  // Every inlined copy of a function refers to the same abstract one.
  Dwarf_Die origin;
  if (!FollowReference(function, DW_AT_abstract_origin, &origin)) origin = *function;
  auto found = names_.find(origin.addr);
  if (found != names_.end()) return found->second;
  std::string name = MakeName(&origin, 0);
  names_.emplace(origin.addr, name);
  return name;
}

std::string DwarfNames::MakeName(Dwarf_Die* function, int depth) {
  Dwarf_Die unit;
  if (dwarf_diecu(function, &unit, nullptr, nullptr) == nullptr) return "";
  if (IsInCSource(&unit)) {
    // A linkage name in C is an alias within the library ("__GI___libc_malloc").
    const char* name = dwarf_diename(function);
    return name == nullptr ? "" : name;
  }
  for (const unsigned kind : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    Dwarf_Attribute attribute;
    const char* linkage_name = dwarf_formstring(dwarf_attr_integrate(function, kind, &attribute));
    if (linkage_name == nullptr || linkage_name[0] == '\0') continue;
    std::string name = demangler_.Get(linkage_name);
    if (name != linkage_name || !absl::StartsWith(name, "_Z")) return name;
    // Mangled in a way that libiberty does not know, such as C++20 constraints.
    std::string qualified_name = QualifiedName(function, depth);
    return qualified_name.empty() ? name : qualified_name;
  }
  return QualifiedName(function, depth);
}

std::string DwarfNames::QualifiedName(Dwarf_Die* die, int depth) {
  const char* name = dwarf_diename(die);
  if (name == nullptr || name[0] == '\0') return "";
  Dwarf_Die declaration = DeclarationOf(*die);
  Dwarf_Die container;
  if (depth >= kMaxNameDepth || !FindContainer(&declaration, &container)) return name;
  std::string prefix = ContainerName(&container, depth + 1);
  // gcc does not name the classes of lambdas.
  const bool is_lambda = absl::string_view(name) == kCallOperator &&
                         dwarf_diename(&container) == nullptr &&
                         dwarf_tag(&container) != DW_TAG_namespace;
  if (is_lambda) prefix = absl::StrCat(prefix.substr(0, prefix.rfind('(')), "{lambda}");
  return prefix.empty() ? name : absl::StrCat(prefix, "::", name);
}

std::string DwarfNames::ContainerName(Dwarf_Die* container, int depth) {
  auto found = container_names_.find(container->addr);
  if (found != container_names_.end()) return found->second;
  std::string name;
  if (dwarf_tag(container) == DW_TAG_subprogram) {
    name = MakeName(container, depth);
  } else if (dwarf_diename(container) != nullptr) {
    name = QualifiedName(container, depth);
  } else {
    name = NameOfUnnamed(dwarf_tag(container));
    Dwarf_Die declaration = DeclarationOf(*container);
    Dwarf_Die outer;
    if (depth < kMaxNameDepth && FindContainer(&declaration, &outer)) {
      name = absl::StrCat(ContainerName(&outer, depth + 1), "::", name);
    }
  }
  container_names_.emplace(container->addr, name);
  return name;
}

// The innermost namespace, class or function around `die`; false when there is none.
bool DwarfNames::FindContainer(Dwarf_Die* die, Dwarf_Die* container) {
  Dwarf_Die level;
  if (dwarf_diecu(die, &level, nullptr, nullptr) == nullptr || IsInCSource(&level)) return false;
  const void* end = reinterpret_cast<const void*>(UINTPTR_MAX);
  bool is_found = false;
  for (int depth = 0; depth < kMaxContainerDepth; ++depth) {
    const std::vector<Container>& containers = ContainersIn(&level, end);
    auto after =
        std::upper_bound(containers.begin(), containers.end(), die->addr,
                         [](const void* a, const Container& c) { return IsBefore(a, c.die.addr); });
    if (after == containers.begin()) break;
    const Container& around = *(after - 1);
    if (around.die.addr == die->addr || !IsBefore(die->addr, around.end)) break;
    level = around.die;
    end = around.end;
    if (dwarf_tag(&level) == DW_TAG_lexical_block) continue;
    *container = level;
    is_found = true;
  }
  return is_found;
}

const std::vector<DwarfNames::Container>& DwarfNames::ContainersIn(Dwarf_Die* parent,
                                                                   const void* parent_end) {
  auto found = containers_.find(parent->addr);
  if (found != containers_.end()) return found->second;
  if (container_count_ > kMaxContainers) {
    containers_.clear();
    container_count_ = 0;
  }
  std::vector<Container> containers;
  Dwarf_Die die;
  int result = dwarf_child(parent, &die);
  const void* last = parent->addr;
  // A reference to an earlier sibling is damage, and would never end.
  while (result == 0 && IsBefore(last, die.addr)) {
    last = die.addr;
    const bool is_container = IsContainer(&die);
    if (is_container) containers.push_back({die, parent_end});
    result = dwarf_siblingof(&die, &die);
    if (is_container && result == 0 && IsBefore(last, die.addr)) containers.back().end = die.addr;
  }
  container_count_ += containers.size() + 1;
  return containers_.emplace(parent->addr, std::move(containers)).first->second;
}

}  // namespace memshim::analyzer::symbolize
