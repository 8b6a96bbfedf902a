// The file of one loaded module, opened for reading symbols: its identity, its code, and where its
// DWARF is (in it, or in a separate debug file found by build-id or debug link).
// Used by symbolizer.cc, one at a time. The path comes from a profile and the bytes from anywhere:
// opening must not block on a special file, and nothing but the path's own file and debug files
// that fit it may be read.
#ifndef MEMSHIM_ANALYZER_SYMBOLIZE_MODULE_FILE_H_
#define MEMSHIM_ANALYZER_SYMBOLIZE_MODULE_FILE_H_

#include <elfutils/libdwfl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/symbolize/inflated_dwarf.h"

namespace memshim::analyzer::symbolize {

// The addresses of a module that hold code: its executable segments.
class CodeRanges {
 public:
  void Add(uint64_t begin, uint64_t end) { ranges_.push_back({begin, end}); }

  bool Contains(uint64_t address) const {
    for (const Range& range : ranges_) {
      if (address >= range.begin && address < range.end) return true;
    }
    return false;
  }

  // The same code, `bias` bytes further down (modulo 2^64).
  CodeRanges Lowered(uint64_t bias) const {
    CodeRanges lowered;
    for (const Range& range : ranges_) lowered.Add(range.begin - bias, range.end - bias);
    return lowered;
  }

 private:
  struct Range {
    uint64_t begin, end;
  };
  std::vector<Range> ranges_;
};

// True when nothing is at `path`, or a regular file. Opening anything else might block.
bool IsAbsentOrRegular(const std::string& path);

// "/usr/lib" of "/usr/lib/x.so"; "." of "x.so".
std::string DirectoryOf(const std::string& path);

class ModuleFile {
 public:
  enum class OpenResult { kOpened, kNoFile, kUnreadable };

  // `debuginfo_path` is in the form of Dwfl_Callbacks::debuginfo_path and must outlive the object.
  explicit ModuleFile(char** debuginfo_path);
  ModuleFile(const ModuleFile&) = delete;
  ModuleFile& operator=(const ModuleFile&) = delete;
  ~ModuleFile();

  // To be called once. On failure problem() says why, to follow the path in a sentence.
  OpenResult Open(const std::string& path);
  const std::string& problem() const { return problem_; }

  // The rest is for an opened file.

  // Lower-case hex, from the program headers, as the loaded image shows it; empty when it has none.
  const std::string& build_id() const { return build_id_; }
  // In link-time addresses of the file.
  const CodeRanges& code() const { return code_; }
  Dwfl_Module* module() { return module_; }
  // Null when there is no DWARF. To be called once. A DWARF address plus `bias` is a link-time
  // address of the file.
  Dwarf* FindDwarf(uint64_t* bias);
  // The directory of the file that holds the DWARF.
  std::string DwarfDirectory();

 private:
  OpenResult OpenDescriptor(const std::string& path, int* fd);
  bool ReadHeaders(Elf* elf);
  void ReadNotes(Elf* elf, uint64_t offset, uint64_t size, uint64_t alignment);
  Dwarf* FindInflatedDwarf();

  Dwfl_Callbacks callbacks_;
  Dwfl* dwfl_ = nullptr;
  Dwfl_Module* module_ = nullptr;
  bool has_symbols_ = false;  // .symtab or DWARF of its own
  uint64_t first_address_ = 0;
  std::unique_ptr<InflatedDwarf> inflated_;
  CodeRanges code_;
  std::string build_id_;
  std::string problem_;
};

}  // namespace memshim::analyzer::symbolize

#endif  // MEMSHIM_ANALYZER_SYMBOLIZE_MODULE_FILE_H_
