// What can be told of an executable from its file.
#ifndef MEMSHIM_ANALYZER_RUN_ELF_FACTS_H_
#define MEMSHIM_ANALYZER_RUN_ELF_FACTS_H_

#include <optional>
#include <string>
#include <vector>

namespace memshim::analyzer::run {

struct ElfFacts {
  bool is_of_our_kind = false;         // class and machine are those of this process
  std::string interpreter;             // the dynamic linker's path; "" in a static program
  std::vector<std::string> libraries;  // DT_NEEDED
  bool exports_malloc = false;         // so that even the C library uses it
  // Of functions it defines, those whose names tell of an allocator or a sanitizer.
  std::vector<std::string> telling_names;
  bool has_operator_new = false;    // for others to bind to
  bool uses_jemallocs_api = false;  // mallocx and the like, of another object
};

// Nullopt: no ELF file, or one that cannot be read.
std::optional<ElfFacts> ReadElfFacts(const std::string& path);

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_ELF_FACTS_H_
