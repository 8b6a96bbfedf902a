// See elf_facts.h.
#include "analyzer/run/elf_facts.h"

#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::run {
namespace {

constexpr absl::string_view kTellingNames[] = {
    "__asan_init", "__tsan_init", "__msan_init",  "__hwasan_init", "__lsan_init",
    "mallctl",     "je_malloc",   "_rjem_malloc", "tc_malloc",     "mi_malloc"};

bool IsOfJemallocsApi(absl::string_view name) {
  for (const absl::string_view function :
       {"mallocx", "rallocx", "xallocx", "dallocx", "sdallocx"}) {
    if (name == function) return true;
  }
  return false;
}

class Reader {
 public:
  explicit Reader(Elf* elf) : elf_(elf) {}

  std::optional<ElfFacts> Read();

 private:
  void ReadInterpreter(const GElf_Phdr& segment);
  void ReadSection(Elf_Scn* section);
  void ReadLibraries(const GElf_Shdr& header, Elf_Data* data);
  void ReadSymbols(const GElf_Shdr& header, Elf_Data* data);

  Elf* elf_;
  ElfFacts facts_;
};

std::optional<ElfFacts> Reader::Read() {
  GElf_Ehdr own, header;
  if (elf_kind(elf_) != ELF_K_ELF || gelf_getehdr(elf_, &header) == nullptr) return std::nullopt;
  const int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  Elf* self = elf_begin(fd, ELF_C_READ, nullptr);
  if (self != nullptr && gelf_getehdr(self, &own) != nullptr) {
    facts_.is_of_our_kind =
        own.e_machine == header.e_machine && own.e_ident[EI_CLASS] == header.e_ident[EI_CLASS];
  }
  elf_end(self);
  close(fd);
  size_t segments = 0;
  elf_getphdrnum(elf_, &segments);
  for (size_t i = 0; i < segments; ++i) {
    GElf_Phdr segment;
    const bool is_read = gelf_getphdr(elf_, static_cast<int>(i), &segment) != nullptr;
    if (is_read && segment.p_type == PT_INTERP) ReadInterpreter(segment);
  }
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf_, section)) != nullptr;) {
    ReadSection(section);
  }
  return facts_;
}

void Reader::ReadInterpreter(const GElf_Phdr& segment) {
  Elf_Data* data = elf_getdata_rawchunk(elf_, static_cast<int64_t>(segment.p_offset),
                                        segment.p_filesz, ELF_T_BYTE);
  if (data == nullptr || data->d_buf == nullptr) return;
  const char* text = static_cast<const char*>(data->d_buf);
  facts_.interpreter.assign(text, strnlen(text, data->d_size));
}

void Reader::ReadSection(Elf_Scn* section) {
  GElf_Shdr header;
  if (gelf_getshdr(section, &header) == nullptr || header.sh_entsize == 0) return;
  const bool is_table =
      header.sh_type == SHT_DYNAMIC || header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB;
  Elf_Data* data = is_table ? elf_getdata(section, nullptr) : nullptr;
  if (data == nullptr) return;
  if (header.sh_type == SHT_DYNAMIC) {
    ReadLibraries(header, data);
  } else {
    ReadSymbols(header, data);
  }
}

void Reader::ReadLibraries(const GElf_Shdr& header, Elf_Data* data) {
  for (size_t i = 0; i < header.sh_size / header.sh_entsize; ++i) {
    GElf_Dyn entry;
    if (gelf_getdyn(data, static_cast<int>(i), &entry) == nullptr) return;
    if (entry.d_tag != DT_NEEDED) continue;
    const char* name = elf_strptr(elf_, header.sh_link, entry.d_un.d_val);
    if (name != nullptr) facts_.libraries.emplace_back(name);
  }
}

void Reader::ReadSymbols(const GElf_Shdr& header, Elf_Data* data) {
  for (size_t i = 0; i < header.sh_size / header.sh_entsize; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) return;
    const char* name = elf_strptr(elf_, header.sh_link, symbol.st_name);
    if (name == nullptr) continue;
    const bool is_dynamic = header.sh_type == SHT_DYNSYM;
    if (symbol.st_shndx == SHN_UNDEF) {
      facts_.uses_jemallocs_api |= is_dynamic && IsOfJemallocsApi(name);
      continue;
    }
    if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC) continue;
    facts_.exports_malloc |= is_dynamic && strcmp(name, "malloc") == 0;
    facts_.has_operator_new |= is_dynamic && strcmp(name, "_Znwm") == 0;
    for (const absl::string_view telling : kTellingNames) {
      if (telling == name) facts_.telling_names.emplace_back(name);
    }
  }
}

}  // namespace

std::optional<ElfFacts> ReadElfFacts(const std::string& path) {
  elf_version(EV_CURRENT);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  Elf* elf = elf_begin(fd, ELF_C_READ, nullptr);
  const absl::Cleanup close_both = [&] {
    elf_end(elf);
    close(fd);
  };
  return elf == nullptr ? std::nullopt : Reader(elf).Read();
}

}  // namespace memshim::analyzer::run
