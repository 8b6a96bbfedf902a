// A Mach-O module that was profiled: names from its symbol table, and from the .dSYM beside it
// lines and what was inlined. Used by symbolizer.cc where the file is no ELF file.
#ifndef MEMSHIM_ANALYZER_SYMBOLIZE_MACHO_MODULE_H_
#define MEMSHIM_ANALYZER_SYMBOLIZE_MACHO_MODULE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/macho/macho_file.h"
#include "analyzer/symbolize/demangle.h"
#include "analyzer/symbolize/dwarf_index.h"
#include "analyzer/symbolize/macho_dwarf.h"
#include "analyzer/symbolize/macho_symbols.h"
#include "analyzer/symbolize/source_frame.h"

namespace memshim::analyzer::symbolize {

class MachoModule {
 public:
  // `image`: of the file at `path`. Both must outlive the object.
  MachoModule(const std::string& path, const macho::File& file, const macho::Image& image);

  // As of ModuleSymbols::frames.
  std::vector<SourceFrame> Find(uint64_t address);

 private:
  void OpenDebugSymbols(const std::string& path, const macho::Image& image);
  bool OpenDebugSymbolsIn(const std::string& folder, const std::string& name,
                          const macho::Image& image);

  const macho::Image& image_;
  const MachoSymbols symbols_;
  Demangler demangler_;
  std::optional<macho::File> debug_file_;
  std::unique_ptr<MachoDwarf> debug_symbols_;
  std::optional<DwarfIndex> dwarf_;
};

}  // namespace memshim::analyzer::symbolize

#endif  // MEMSHIM_ANALYZER_SYMBOLIZE_MACHO_MODULE_H_
