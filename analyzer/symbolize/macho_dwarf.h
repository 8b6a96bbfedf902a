// The DWARF of a Mach-O image (of its .dSYM, as linkers leave none in programs), for libdw, which
// reads ELF files alone: an ELF file in memory with the same sections.
#ifndef MEMSHIM_ANALYZER_SYMBOLIZE_MACHO_DWARF_H_
#define MEMSHIM_ANALYZER_SYMBOLIZE_MACHO_DWARF_H_

#include <elfutils/libdw.h>

#include <memory>
#include <string>

#include "analyzer/macho/macho_file.h"

namespace memshim::analyzer::symbolize {

class MachoDwarf {
 public:
  // Null: there is none, or libdw cannot read it.
  static std::unique_ptr<MachoDwarf> Read(const macho::File& file, const macho::Image& image);
  MachoDwarf(const MachoDwarf&) = delete;
  MachoDwarf& operator=(const MachoDwarf&) = delete;
  ~MachoDwarf();

  Dwarf* dwarf() { return dwarf_; }

 private:
  MachoDwarf() = default;

  std::string elf_file_;
  Elf* elf_ = nullptr;
  Dwarf* dwarf_ = nullptr;
};

}  // namespace memshim::analyzer::symbolize

#endif  // MEMSHIM_ANALYZER_SYMBOLIZE_MACHO_DWARF_H_
