// See macho_symbols.h. Formats: Apple's <mach-o/nlist.h>; LC_FUNCTION_STARTS of <mach-o/loader.h>.
#include "analyzer/symbolize/macho_symbols.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "analyzer/macho/macho_bytes.h"

namespace memshim::analyzer::symbolize {
namespace {

using macho::LittleEndian;

constexpr uint64_t kSymbolBytes = 16;

// The code section that a symbol belongs to and lies in; null when it is no function.
const macho::Section* CodeOf(absl::string_view symbol, const macho::Image& image) {
  constexpr uint8_t kOfDebugger = 0xe0, kTypeMask = 0x0e, kInSection = 0x0e;
  const uint8_t type = LittleEndian<uint8_t>(symbol, 4);
  const uint8_t number = LittleEndian<uint8_t>(symbol, 5);  // from 1 on
  const uint64_t address = LittleEndian<uint64_t>(symbol, 8);
  if ((type & kOfDebugger) != 0 || (type & kTypeMask) != kInSection || number == 0 ||
      number > image.sections.size()) {
    return nullptr;
  }
  const macho::Section& section = image.sections[number - 1];
  const bool is_inside = section.is_code && address - section.address < section.bytes;
  return is_inside ? &section : nullptr;
}

int LeadingUnderscores(absl::string_view name) {
  if (absl::StartsWith(name, "_Z") || absl::StartsWith(name, "_R")) return 0;  // a mangled name
  return static_cast<int>(std::min(name.find_first_not_of('_'), name.size()));
}

}  // namespace

MachoSymbols::MachoSymbols(const macho::File& file, const macho::Image& image) {
  Read(file, image);
  SortAndEnd(FunctionStarts(file, image));
}

void MachoSymbols::Read(const macho::File& file, const macho::Image& image) {
  strings_ = file.Read(image, image.strings);
  const std::string table = file.Read(image, image.symbols);
  for (uint64_t at = 0; at + kSymbolBytes <= table.size(); at += kSymbolBytes) {
    const absl::string_view symbol = absl::string_view(table).substr(at, kSymbolBytes);
    const macho::Section* section = CodeOf(symbol, image);
    if (section == nullptr) continue;
    const Symbol made = {LittleEndian<uint64_t>(symbol, 8), section->address + section->bytes,
                         LittleEndian<uint32_t>(symbol, 0),
                         (LittleEndian<uint8_t>(symbol, 4) & 1) != 0};
    const absl::string_view name = NameOf(made);
    // "ltmp0" and the like are places that the assembler has named.
    if (!name.empty() && !absl::StartsWith(name, "ltmp")) symbols_.push_back(made);
  }
}

std::vector<uint64_t> MachoSymbols::FunctionStarts(const macho::File& file,
                                                   const macho::Image& image) {
  const std::string bytes = file.Read(image, image.function_starts);
  std::vector<uint64_t> starts;
  uint64_t address = image.text_begin, delta = 0;
  int shift = 0;
  for (const char c : bytes) {
    const uint8_t byte = static_cast<uint8_t>(c);
    if (shift < 64) delta |= uint64_t{byte & 0x7fu} << shift;
    shift += 7;
    if ((byte & 0x80) != 0) continue;
    if (delta == 0) break;  // the end; what follows fills up
    address += delta;
    starts.push_back(address);
    delta = 0;
    shift = 0;
  }
  std::sort(starts.begin(), starts.end());
  return starts;
}

absl::string_view MachoSymbols::NameOf(const Symbol& symbol) const {
  absl::string_view name = macho::TextAt(strings_, symbol.name);
  if (absl::StartsWith(name, "_")) name.remove_prefix(1);
  return name;
}

// A symbol ends where the next function or symbol begins, or its section ends. Without a list of
// functions, and without local ones, the table may be of exported functions alone, and what follows
// one of them may be anything: then there are no names.
void MachoSymbols::SortAndEnd(const std::vector<uint64_t>& starts) {
  const bool has_local = std::any_of(symbols_.begin(), symbols_.end(),
                                     [](const Symbol& symbol) { return !symbol.is_external; });
  if (starts.empty() && !has_local) {
    symbols_.clear();
    return;
  }
  std::sort(symbols_.begin(), symbols_.end(), [this](const Symbol& a, const Symbol& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    // Of several names of one address users know the public one.
    if (a.is_external != b.is_external) return a.is_external;
    const absl::string_view a_name = NameOf(a), b_name = NameOf(b);
    const int a_rank = LeadingUnderscores(a_name), b_rank = LeadingUnderscores(b_name);
    if (a_rank != b_rank) return a_rank < b_rank;
    if (a_name.size() != b_name.size()) return a_name.size() < b_name.size();
    return a_name < b_name;
  });
  symbols_.erase(std::unique(symbols_.begin(), symbols_.end(),
                             [](const Symbol& a, const Symbol& b) { return a.begin == b.begin; }),
                 symbols_.end());
  for (size_t i = 0; i < symbols_.size(); ++i) {
    Symbol& symbol = symbols_[i];
    if (i + 1 < symbols_.size()) symbol.end = std::min(symbol.end, symbols_[i + 1].begin);
    const auto next = std::upper_bound(starts.begin(), starts.end(), symbol.begin);
    if (next != starts.end()) symbol.end = std::min(symbol.end, *next);
  }
}

absl::string_view MachoSymbols::Find(uint64_t address) const {
  auto after = std::upper_bound(symbols_.begin(), symbols_.end(), address,
                                [](uint64_t a, const Symbol& s) { return a < s.begin; });
  if (after == symbols_.begin()) return "";
  --after;
  return address < after->end ? NameOf(*after) : "";
}

}  // namespace memshim::analyzer::symbolize
