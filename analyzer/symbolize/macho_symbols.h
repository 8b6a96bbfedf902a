// Function names from the symbol table of a Mach-O image.
// Made by macho_module.cc once an image. It must never give a name to an address that its symbol
// does not cover: symbols have no sizes there, but the image lists where each function begins.
#ifndef MEMSHIM_ANALYZER_SYMBOLIZE_MACHO_SYMBOLS_H_
#define MEMSHIM_ANALYZER_SYMBOLIZE_MACHO_SYMBOLS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "analyzer/macho/macho_file.h"

namespace memshim::analyzer::symbolize {

class MachoSymbols {
 public:
  MachoSymbols(const macho::File& file, const macho::Image& image);

  // The name, without the underscore that C names have there and not demangled, of the function at
  // `address`; empty when none.
  absl::string_view Find(uint64_t address) const;

  size_t size() const { return symbols_.size(); }

 private:
  struct Symbol {
    uint64_t begin;
    uint64_t end;   // one past the last byte
    uint32_t name;  // in strings_
    bool is_external;
  };

  void Read(const macho::File& file, const macho::Image& image);
  // Where functions begin, sorted.
  static std::vector<uint64_t> FunctionStarts(const macho::File& file, const macho::Image& image);
  absl::string_view NameOf(const Symbol& symbol) const;
  void SortAndEnd(const std::vector<uint64_t>& starts);

  std::string strings_;
  std::vector<Symbol> symbols_;  // by begin, one for each
};

}  // namespace memshim::analyzer::symbolize

#endif  // MEMSHIM_ANALYZER_SYMBOLIZE_MACHO_SYMBOLS_H_
