// Function names from symbol tables, for code without DWARF: the merged .symtab (of the file or
// its debug file), .gnu_debugdata and .dynsym of one module.
// Made by the symbolizer once a module, on the first address that DWARF does not name. It must
// never give a name to an address that its symbol does not cover.
#ifndef MEMSHIM_ANALYZER_SYMBOLIZE_ELF_SYMBOLS_H_
#define MEMSHIM_ANALYZER_SYMBOLIZE_ELF_SYMBOLS_H_

#include <elfutils/libdwfl.h>

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/symbolize/module_file.h"

namespace memshim::analyzer::symbolize {

class ElfSymbols {
 public:
  // `module` must outlive the object: names stay in its tables.
  ElfSymbols(Dwfl_Module* module, const CodeRanges& code);

  // The name, not demangled and without a version, of the function at `address`; empty when none.
  std::string Find(uint64_t address) const;

 private:
  struct Symbol {
    uint64_t begin;
    uint64_t end;          // one past the last byte; equal to begin when the table gives no size
    uint64_t section_end;  // of the section it lies in; 0 when unknown
    uint64_t highest_end;  // the highest `end` of this symbol and all before it
    const char* name;
    int rank;  // among symbols that begin together, the lowest is the name to show
  };

  void Read(Dwfl_Module* module, const CodeRanges& code);
  void EndSizelessSymbols();

  std::vector<Symbol> symbols_;  // by begin, one for each begin
  bool has_local_functions_ = false;
};

}  // namespace memshim::analyzer::symbolize

#endif  // MEMSHIM_ANALYZER_SYMBOLIZE_ELF_SYMBOLS_H_
