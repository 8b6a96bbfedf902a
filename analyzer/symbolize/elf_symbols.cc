// Reads, ranks and searches the symbols of a module.
// Called by symbolizer.cc. Symbol tables may be damaged: nothing is assumed of their order, sizes
// or names.
#include "analyzer/symbolize/elf_symbols.h"

#include <gelf.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/string_view.h"

namespace memshim::analyzer::symbolize {
namespace {

// How many enclosing candidates a look-up tries; real tables nest two deep.
constexpr int kMaxEnclosing = 64;

bool IsFunction(const GElf_Sym& symbol, const char* name) {
  if (symbol.st_shndx == SHN_UNDEF || name == nullptr || name[0] == '\0') return false;
  const int type = GELF_ST_TYPE(symbol.st_info);
  if (type == STT_FUNC || type == STT_GNU_IFUNC) return true;
  // Hand-written assembly has untyped labels. "$x" and the like mark code on ARM, and ".L" labels
  // are places inside functions.
  return type == STT_NOTYPE && name[0] != '$' && std::strncmp(name, ".L", 2) != 0;
}

int LeadingUnderscores(absl::string_view name) {
  if (name.substr(0, 2) == "_Z" || name.substr(0, 2) == "_R") return 0;  // a mangled name
  const size_t first = name.find_first_not_of('_');
  return static_cast<int>(std::min<size_t>(first == absl::string_view::npos ? 9 : first, 9));
}

// Of several names of one address, users know the public one: `malloc`, not `__libc_malloc`;
// `write`, not `__write`.
int Rank(const GElf_Sym& symbol, absl::string_view name) {
  const int binding = GELF_ST_BIND(symbol.st_info);
  const int type = GELF_ST_TYPE(symbol.st_info);
  int rank = 0;
  if (symbol.st_size == 0) rank += 1000;
  if (type == STT_NOTYPE) rank += 500;
  if (binding == STB_LOCAL) rank += 100;
  rank += 10 * LeadingUnderscores(name);
  if (binding == STB_WEAK) rank += 1;
  return rank;
}

// From a symbol to the end of its section; 0 when the symbol is not in it.
uint64_t BytesToSectionEnd(Elf* elf, GElf_Word section, uint64_t value) {
  GElf_Shdr header;
  if (elf == nullptr || gelf_getshdr(elf_getscn(elf, section), &header) == nullptr) return 0;
  if (value < header.sh_addr || value - header.sh_addr >= header.sh_size) return 0;
  return header.sh_size - (value - header.sh_addr);
}

}  // namespace

ElfSymbols::ElfSymbols(Dwfl_Module* module, const CodeRanges& code) {
  Read(module, code);
  std::sort(symbols_.begin(), symbols_.end(), [](const Symbol& a, const Symbol& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    if (a.rank != b.rank) return a.rank < b.rank;
    const size_t a_size = std::strlen(a.name), b_size = std::strlen(b.name);
    if (a_size != b_size) return a_size < b_size;
    return std::strcmp(a.name, b.name) < 0;
  });
  symbols_.erase(std::unique(symbols_.begin(), symbols_.end(),
                             [](const Symbol& a, const Symbol& b) { return a.begin == b.begin; }),
                 symbols_.end());
  EndSizelessSymbols();
  uint64_t highest_end = 0;
  for (Symbol& symbol : symbols_) {
    highest_end = std::max(highest_end, symbol.end);
    symbol.highest_end = highest_end;
  }
}

void ElfSymbols::Read(Dwfl_Module* module, const CodeRanges& code) {
  const int count = dwfl_module_getsymtab(module);
  for (int i = 0; i < count; ++i) {
    GElf_Sym symbol;
    GElf_Addr address = 0;
    GElf_Word section = 0;
    Elf* elf = nullptr;
    const char* name =
        dwfl_module_getsym_info(module, i, &symbol, &address, &section, &elf, nullptr);
    if (name == nullptr || !IsFunction(symbol, name) || !code.Contains(address)) continue;
    if (GELF_ST_BIND(symbol.st_info) == STB_LOCAL && GELF_ST_TYPE(symbol.st_info) == STT_FUNC) {
      has_local_functions_ = true;
    }
    const uint64_t end = address + symbol.st_size;
    if (end < address) continue;
    const uint64_t section_end =
        symbol.st_size == 0 ? address + BytesToSectionEnd(elf, section, symbol.st_value) : 0;
    symbols_.push_back({address, end, section_end, 0, name, Rank(symbol, name)});
  }
}

// A label without a size ends where the next symbol begins, but only in a full table: .dynsym
// lists exported functions alone, and what follows one of them may be anything.
void ElfSymbols::EndSizelessSymbols() {
  if (!has_local_functions_) return;
  for (size_t i = 0; i < symbols_.size(); ++i) {
    Symbol& symbol = symbols_[i];
    if (symbol.end != symbol.begin) continue;
    uint64_t end = symbol.section_end;
    if (i + 1 < symbols_.size()) end = std::min(end, symbols_[i + 1].begin);
    symbol.end = std::max(symbol.begin, end);
  }
}

std::string ElfSymbols::Find(uint64_t address) const {
  auto after = std::upper_bound(symbols_.begin(), symbols_.end(), address,
                                [](uint64_t a, const Symbol& s) { return a < s.begin; });
  for (int tried = 0; after != symbols_.begin() && tried < kMaxEnclosing; ++tried) {
    --after;
    if (after->highest_end <= address) break;
    if (address < after->end) {
      absl::string_view name = after->name;
      // "name@VERSION" and "name@@VERSION" are written by linkers into .symtab.
      const size_t version = name.find('@', 1);
      return std::string(name.substr(0, version));
    }
  }
  return "";
}

}  // namespace memshim::analyzer::symbolize
