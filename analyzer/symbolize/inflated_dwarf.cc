// See inflated_dwarf.h.
#include "analyzer/symbolize/inflated_dwarf.h"

#include <fcntl.h>
#include <gelf.h>
#include <libdeflate.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "analyzer/base/large_pages.h"
#include "analyzer/symbolize/module_file.h"

namespace memshim::analyzer::symbolize {
namespace {

// Locations of variables and look-up tables of debuggers.
constexpr absl::string_view kNotAsked[] = {
    ".debug_loc",      ".debug_loclists",     ".debug_aranges",
    ".debug_frame",    ".debug_macro",        ".debug_pubnames",
    ".debug_pubtypes", ".debug_gnu_pubnames", ".debug_gnu_pubtypes"};
// The first is of split units (and of clang's, whose files are seldom compressed), the second of
// dwz: libdw finds the files they lead to from the place of this one.
constexpr absl::string_view kLeadsElsewhere[] = {".debug_addr", ".gnu_debugaltlink"};
// zlib's densest is 1,032 to 1; a damaged header may claim anything.
constexpr uint64_t kMaxExpansion = 1100;
constexpr size_t kAlignment = 16;
constexpr size_t kLargePage = size_t{2} << 20;

struct Section {
  Elf64_Shdr header;  // as in the image
  const char* bytes;  // as in the file
  size_t size;
  bool is_compressed;
};

template <size_t n>
bool IsAmong(absl::string_view name, const absl::string_view (&names)[n]) {
  for (const absl::string_view known : names) {
    if (name == known) return true;
  }
  return false;
}

// Takes what the section holds. False: it is not as it should be.
bool ReadSection(Elf_Scn* scn, const GElf_Shdr& header, Section* section) {
  const Elf_Data* raw = elf_rawdata(scn, nullptr);
  if (raw == nullptr || raw->d_buf == nullptr) return false;
  *section = {header, static_cast<const char*>(raw->d_buf), raw->d_size, false};
  if ((header.sh_flags & SHF_COMPRESSED) == 0) return true;
  Elf64_Chdr compression;
  if (section->size < sizeof(compression)) return false;
  memcpy(&compression, section->bytes, sizeof(compression));
  section->bytes += sizeof(compression);
  section->size -= sizeof(compression);
  section->header.sh_flags &= ~uint64_t{SHF_COMPRESSED};
  section->header.sh_size = compression.ch_size;
  section->is_compressed = true;
  return compression.ch_type == ELFCOMPRESS_ZLIB &&
         compression.ch_size / kMaxExpansion <= section->size;
}

// The sections of DWARF, and last that of the names. Empty when libdw is to read the file itself.
std::vector<Section> ReadSections(Elf* file) {
  size_t names = 0;
  if (elf_getshdrstrndx(file, &names) != 0) return {};
  std::vector<Section> sections;
  bool is_any_compressed = false;
  for (Elf_Scn* scn = nullptr; (scn = elf_nextscn(file, scn)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(scn, &header) == nullptr) return {};
    const char* text = elf_strptr(file, names, header.sh_name);
    const absl::string_view name = text == nullptr ? "" : text;
    if (IsAmong(name, kLeadsElsewhere) || absl::StartsWith(name, ".zdebug_")) return {};
    if (!absl::StartsWith(name, ".debug_") || IsAmong(name, kNotAsked)) continue;
    if (header.sh_type != SHT_PROGBITS) continue;
    if (!ReadSection(scn, header, &sections.emplace_back())) return {};
    is_any_compressed |= sections.back().is_compressed;
  }
  Section name_section;
  GElf_Shdr header;
  Elf_Scn* scn = elf_getscn(file, names);
  if (!is_any_compressed || gelf_getshdr(scn, &header) == nullptr ||
      !ReadSection(scn, header, &name_section) || name_section.is_compressed) {
    return {};
  }
  sections.push_back(name_section);
  return sections;
}

size_t Aligned(size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

// Puts the sections one behind the other, after the headers. Result: the end of all.
size_t LayOut(std::vector<Section>* sections) {
  size_t end = Aligned(sizeof(Elf64_Ehdr) + (sections->size() + 1) * sizeof(Elf64_Shdr));
  for (Section& section : *sections) {
    section.header.sh_offset = end;
    end = Aligned(end + section.header.sh_size);
  }
  return end;
}

void WriteHeaders(const GElf_Ehdr& of_file, const std::vector<Section>& sections, char* image) {
  Elf64_Ehdr header = of_file;
  header.e_phoff = header.e_phnum = 0;
  header.e_shoff = sizeof(header);
  header.e_shnum = static_cast<Elf64_Half>(sections.size() + 1);
  header.e_shstrndx = static_cast<Elf64_Half>(sections.size());
  memcpy(image, &header, sizeof(header));
  char* to = image + sizeof(header) + sizeof(Elf64_Shdr);  // the first stays zero
  for (const Section& section : sections) {
    memcpy(to, &section.header, sizeof(section.header));
    to += sizeof(section.header);
  }
}

bool WriteSections(const std::vector<Section>& sections, char* image) {
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  if (decompressor == nullptr) return false;
  absl::Cleanup free_it = [decompressor] { libdeflate_free_decompressor(decompressor); };
  for (const Section& section : sections) {
    char* to = image + section.header.sh_offset;
    if (!section.is_compressed) {
      memcpy(to, section.bytes, section.size);
    } else if (libdeflate_zlib_decompress(decompressor, section.bytes, section.size, to,
                                          section.header.sh_size, nullptr) != LIBDEFLATE_SUCCESS) {
      return false;
    }
  }
  return true;
}

// Zero-filled.
char* MapImage(size_t bytes) {
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
  AskForLargePages(pages, bytes);
  return static_cast<char*>(pages);
}

}  // namespace

bool InflatedDwarf::Inflate(Elf* file) {
  GElf_Ehdr header;
  GElf_Phdr segment;
  if (elf_kind(file) != ELF_K_ELF || gelf_getehdr(file, &header) == nullptr ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      std::endian::native != std::endian::little) {
    return false;
  }
  for (int i = 0; gelf_getphdr(file, i, &segment) != nullptr; ++i) {
    if (segment.p_type != PT_LOAD) continue;
    first_address_ = segment.p_vaddr;
    break;
  }
  std::vector<Section> sections = ReadSections(file);
  if (sections.empty()) return false;
  image_bytes_ = (LayOut(&sections) + kLargePage - 1) / kLargePage * kLargePage;
  image_ = MapImage(image_bytes_);
  if (image_ == nullptr) return false;
  WriteHeaders(header, sections, image_);
  return WriteSections(sections, image_);
}

std::unique_ptr<InflatedDwarf> InflatedDwarf::Read(const std::string& path) {
  if (!IsAbsentOrRegular(path)) return nullptr;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return nullptr;
  absl::Cleanup close_it = [fd] { close(fd); };
  elf_version(EV_CURRENT);  // what libelf asks for before anything else
  Elf* file = elf_begin(fd, ELF_C_READ_MMAP, nullptr);
  if (file == nullptr) return nullptr;
  absl::Cleanup end_it = [file] { elf_end(file); };
  std::unique_ptr<InflatedDwarf> result(new InflatedDwarf);
  if (!result->Inflate(file)) return nullptr;
  result->elf_ = elf_memory(result->image_, result->image_bytes_);
  result->dwarf_ = dwarf_begin_elf(result->elf_, DWARF_C_READ, nullptr);
  if (result->dwarf_ == nullptr) return nullptr;
  return result;
}

InflatedDwarf::~InflatedDwarf() {
  dwarf_end(dwarf_);
  elf_end(elf_);
  if (image_ != nullptr) munmap(image_, image_bytes_);
}

}  // namespace memshim::analyzer::symbolize
