// See macho_dwarf.h.
#include "analyzer/symbolize/macho_dwarf.h"

#include <elf.h>
#include <gelf.h>

#include <cstring>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace memshim::analyzer::symbolize {
namespace {

constexpr size_t kAlignment = 16;

struct NamedSection {
  std::string name;
  std::string bytes;
};

// Mach-O has room for 16 characters: ".debug_str_offsets" is "__debug_str_offs" there.
std::string ElfName(const std::string& name) {
  if (name == "__debug_str_offs") return ".debug_str_offsets";
  return absl::StrCat(".", name.substr(2));
}

void Align(std::string* file) {
  file->resize((file->size() + kAlignment - 1) / kAlignment * kAlignment);
}

Elf64_Half MachineOf(macho::Processor processor) {
  return processor == macho::Processor::kX86_64 ? EM_X86_64 : EM_AARCH64;
}

std::string MakeElf(const std::vector<NamedSection>& sections, macho::Processor processor) {
  std::string file(sizeof(Elf64_Ehdr), '\0'), names(1, '\0');
  std::vector<Elf64_Shdr> headers(1);
  const auto add = [&](absl::string_view name, uint32_t type, const std::string& bytes) {
    Elf64_Shdr header = {};
    header.sh_name = static_cast<Elf64_Word>(names.size());
    header.sh_type = type;
    header.sh_size = bytes.size();
    header.sh_addralign = 1;
    absl::StrAppend(&names, name, absl::string_view("\0", 1));
    Align(&file);
    header.sh_offset = file.size();
    file += bytes;
    headers.push_back(header);
  };
  for (const NamedSection& section : sections) add(section.name, SHT_PROGBITS, section.bytes);
  const size_t own_name = names.size();
  absl::StrAppend(&names, ".shstrtab", absl::string_view("\0", 1));
  const std::string all_names = names;
  add("", SHT_STRTAB, all_names);
  headers.back().sh_name = static_cast<Elf64_Word>(own_name);
  Align(&file);
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = header.e_version = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = MachineOf(processor);
  header.e_ehsize = sizeof(header);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<Elf64_Half>(headers.size());
  header.e_shstrndx = static_cast<Elf64_Half>(headers.size() - 1);
  header.e_shoff = file.size();
  std::memcpy(file.data(), &header, sizeof(header));
  file.append(reinterpret_cast<const char*>(headers.data()), headers.size() * sizeof(Elf64_Shdr));
  return file;
}

}  // namespace

std::unique_ptr<MachoDwarf> MachoDwarf::Read(const macho::File& file, const macho::Image& image) {
  std::vector<NamedSection> sections;
  for (const macho::Section& section : image.sections) {
    if (section.segment != "__DWARF" || !absl::StartsWith(section.name, "__debug_")) continue;
    sections.push_back({ElfName(section.name), file.Read(image, {section.offset, section.bytes})});
  }
  if (sections.empty()) return nullptr;
  elf_version(EV_CURRENT);  // what libelf asks for before anything else
  std::unique_ptr<MachoDwarf> result(new MachoDwarf);
  result->elf_file_ = MakeElf(sections, image.processor);
  result->elf_ = elf_memory(result->elf_file_.data(), result->elf_file_.size());
  result->dwarf_ = dwarf_begin_elf(result->elf_, DWARF_C_READ, nullptr);
  if (result->dwarf_ == nullptr) return nullptr;
  return result;
}

MachoDwarf::~MachoDwarf() {
  dwarf_end(dwarf_);
  elf_end(elf_);
}

}  // namespace memshim::analyzer::symbolize
