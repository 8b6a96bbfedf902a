// The DWARF of a separate debug file whose sections are compressed, as distributions ship them.
// libdw would inflate every section by zlib when it opens the file; for a small program, whose
// few frames lie in libc, that is most of what naming them takes. Here libdeflate does it, twice
// as fast, into large pages, and leaves out the sections that nobody in this folder asks.
// Made by module_file.cc. The file may be damaged: whatever is unusual is left to libdw.
#ifndef MEMSHIM_ANALYZER_SYMBOLIZE_INFLATED_DWARF_H_
#define MEMSHIM_ANALYZER_SYMBOLIZE_INFLATED_DWARF_H_

#include <elfutils/libdw.h>

#include <cstddef>
#include <memory>
#include <string>

namespace memshim::analyzer::symbolize {

class InflatedDwarf {
 public:
  // Null when libdw does as well or better: the file holds no compressed section, leads to other
  // files (.dwo, .dwz), or is not a little-endian 64-bit ELF file in good order.
  static std::unique_ptr<InflatedDwarf> Read(const std::string& path);
  InflatedDwarf(const InflatedDwarf&) = delete;
  InflatedDwarf& operator=(const InflatedDwarf&) = delete;
  ~InflatedDwarf();

  Dwarf* dwarf() { return dwarf_; }
  // Where the file's first segment belongs, by which it is told whether its addresses are those
  // of the module.
  uint64_t first_address() const { return first_address_; }

 private:
  InflatedDwarf() = default;
  bool Inflate(Elf* file);

  char* image_ = nullptr;  // an ELF file in memory: the sections of DWARF and their names
  size_t image_bytes_ = 0;
  Elf* elf_ = nullptr;
  Dwarf* dwarf_ = nullptr;
  uint64_t first_address_ = 0;
};

}  // namespace memshim::analyzer::symbolize

#endif  // MEMSHIM_ANALYZER_SYMBOLIZE_INFLATED_DWARF_H_
