// Names of functions from their DIEs: the linkage name, demangled, or else the plain name with the
// names of what it is declared in ("ns::(anonymous namespace)::Class::method").
// Used by dwarf_index.cc for one module. DIEs may be damaged: reference chains, nesting and the
// memory for what was found are bounded.
#ifndef MEMSHIM_ANALYZER_SYMBOLIZE_DWARF_NAMES_H_
#define MEMSHIM_ANALYZER_SYMBOLIZE_DWARF_NAMES_H_

#include <elfutils/libdw.h>

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "analyzer/symbolize/demangle.h"

namespace memshim::analyzer::symbolize {

class DwarfNames {
 public:
  explicit DwarfNames(Demangler* demangler) : demangler_(*demangler) {}

  // Empty when the DIE has no name.
  std::string NameOf(Dwarf_Die* function);

 private:
  // A DIE that other DIEs with names may be declared in, and where its children end.
  struct Container {
    Dwarf_Die die;
    const void* end;
  };

  std::string MakeName(Dwarf_Die* function, int depth);
  std::string QualifiedName(Dwarf_Die* die, int depth);
  std::string ContainerName(Dwarf_Die* container, int depth);
  bool FindContainer(Dwarf_Die* die, Dwarf_Die* container);
  const std::vector<Container>& ContainersIn(Dwarf_Die* parent, const void* parent_end);

  Demangler& demangler_;
  // Keyed by the address of a DIE in its section.
  absl::flat_hash_map<const void*, std::string> names_;
  absl::flat_hash_map<const void*, std::string> container_names_;
  absl::flat_hash_map<const void*, std::vector<Container>> containers_;
  size_t container_count_ = 0;
};

}  // namespace memshim::analyzer::symbolize

#endif  // MEMSHIM_ANALYZER_SYMBOLIZE_DWARF_NAMES_H_
