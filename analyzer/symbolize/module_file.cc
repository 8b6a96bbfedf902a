// Opens a module with libdwfl, after checks that libdwfl does not make.
// Called by symbolizer.cc. Must not follow anything that is not a regular file.
#include "analyzer/symbolize/module_file.h"

#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::symbolize {
namespace {

// No real file comes near; a damaged header can claim 2^32.
constexpr size_t kMaxProgramHeaders = 4096;
constexpr uint64_t kMaxNotesSize = 1 << 20;
// 64 bytes is more than any hash that linkers write.
constexpr size_t kMaxBuildIdSize = 64;

int FindNoElf(Dwfl_Module*, void**, const char*, Dwarf_Addr, char**, Elf**) { return -1; }

// libdwfl opens what a debug link names, relative to the module or absolute, without looking what
// it is. Debug links and alternative links are content of the file, so look first.
int FindDebugInfo(Dwfl_Module* module, void** user_data, const char* module_name, Dwarf_Addr base,
                  const char* file_name, const char* link, GElf_Word crc, char** debug_file_name) {
  const std::string file = file_name != nullptr ? file_name : module_name;
  const std::string directory = DirectoryOf(file);
  // Without a link libdwfl looks for the module's name with ".debug" appended.
  const std::string name =
      link != nullptr ? link : absl::StrCat(file.substr(file.rfind('/') + 1), ".debug");
  for (const std::string& place :
       {name, absl::StrCat(directory, "/", name), absl::StrCat(directory, "/.debug/", name)}) {
    if (!IsAbsentOrRegular(place)) return -1;
  }
  return dwfl_standard_find_debuginfo(module, user_data, module_name, base, file_name, link, crc,
                                      debug_file_name);
}

bool IsElf(int fd) {
  char magic[SELFMAG];
  return pread(fd, magic, SELFMAG, 0) == SELFMAG && std::memcmp(magic, ELFMAG, SELFMAG) == 0;
}

// True when the file has a full symbol table or DWARF of its own.
bool HasSymbols(Elf* elf) {
  size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return false;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    const bool is_dwarf = name != nullptr && (absl::StartsWith(name, ".debug_info") ||
                                              absl::StartsWith(name, ".zdebug_info"));
    if (header.sh_type == SHT_SYMTAB || is_dwarf) return true;
  }
  return false;
}

}  // namespace

bool IsAbsentOrRegular(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

ModuleFile::ModuleFile(char** debuginfo_path) : callbacks_{} {
  callbacks_.find_elf = FindNoElf;  // the file is given
  callbacks_.find_debuginfo = FindDebugInfo;
  callbacks_.section_address = dwfl_offline_section_address;
  callbacks_.debuginfo_path = debuginfo_path;
}

ModuleFile::~ModuleFile() {
  inflated_.reset();
  dwfl_end(dwfl_);
}

ModuleFile::OpenResult ModuleFile::OpenDescriptor(const std::string& path, int* fd) {
  struct stat status;
  // Opening a device can act on it, and a fifo would block: look first. The look at the descriptor
  // is for a file that was replaced in between.
  if (stat(path.c_str(), &status) != 0) {
    problem_ = std::strerror(errno);
    return errno == ENOENT || errno == ENOTDIR ? OpenResult::kNoFile : OpenResult::kUnreadable;
  }
  if (S_ISREG(status.st_mode)) {
    *fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0) {
      problem_ = std::strerror(errno);
      return OpenResult::kUnreadable;
    }
    if (fstat(*fd, &status) == 0 && S_ISREG(status.st_mode)) return OpenResult::kOpened;
  }
  problem_ = "not a regular file";
  return OpenResult::kUnreadable;
}

ModuleFile::OpenResult ModuleFile::Open(const std::string& path) {
  int fd = -1;
  const OpenResult result = OpenDescriptor(path, &fd);
  if (result != OpenResult::kOpened || !IsElf(fd)) {
    if (fd >= 0) close(fd);
    if (problem_.empty()) problem_ = "not an ELF file";
    return result == OpenResult::kOpened ? OpenResult::kUnreadable : result;
  }
  problem_ = "damaged ELF file";
  dwfl_ = dwfl_begin(&callbacks_);
  if (dwfl_ == nullptr) {
    close(fd);
    return OpenResult::kUnreadable;
  }
  // With base 0 and add_p_vaddr, libdwfl's addresses are the file's link-time addresses.
  module_ = dwfl_report_elf(dwfl_, path.c_str(), path.c_str(), fd, 0, true);
  if (module_ == nullptr) {
    close(fd);  // taken over only on success
    return OpenResult::kUnreadable;
  }
  GElf_Addr bias = 0;
  Elf* elf = dwfl_module_getelf(module_, &bias);
  if (dwfl_report_end(dwfl_, nullptr, nullptr) != 0 || elf == nullptr || bias != 0 ||
      !ReadHeaders(elf)) {
    return OpenResult::kUnreadable;
  }
  problem_.clear();
  return OpenResult::kOpened;
}

bool ModuleFile::ReadHeaders(Elf* elf) {
  GElf_Ehdr header;
  size_t count = 0;
  if (gelf_getehdr(elf, &header) == nullptr || elf_getphdrnum(elf, &count) != 0) return false;
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) {
    problem_ = "neither a program nor a shared library";
    return false;
  }
  bool has_segments = false;
  for (size_t i = 0; i < count && i < kMaxProgramHeaders; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) return false;
    if (segment.p_type == PT_LOAD && !has_segments) {
      first_address_ = segment.p_vaddr;
      has_segments = true;
    }
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 &&
        segment.p_vaddr + segment.p_memsz >= segment.p_vaddr) {
      code_.Add(segment.p_vaddr, segment.p_vaddr + segment.p_memsz);
    }
    if (segment.p_type == PT_NOTE && build_id_.empty()) {
      ReadNotes(elf, segment.p_offset, segment.p_filesz, segment.p_align);
    }
  }
  has_symbols_ = HasSymbols(elf);
  return true;
}

void ModuleFile::ReadNotes(Elf* elf, uint64_t offset, uint64_t size, uint64_t alignment) {
  if (size > kMaxNotesSize) return;
  Elf_Data* data = elf_getdata_rawchunk(elf, static_cast<int64_t>(offset), size,
                                        alignment == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
  if (data == nullptr || data->d_buf == nullptr) return;
  const char* bytes = static_cast<const char*>(data->d_buf);
  GElf_Nhdr note;
  size_t name = 0, content = 0;
  for (size_t at = 0, next; (next = gelf_getnote(data, at, &note, &name, &content)) > at;
       at = next) {
    const bool is_build_id = note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
                             std::memcmp(bytes + name, "GNU", 4) == 0;
    if (!is_build_id || note.n_descsz == 0 || note.n_descsz > kMaxBuildIdSize) continue;
    build_id_ = absl::BytesToHexString(absl::string_view(bytes + content, note.n_descsz));
    return;
  }
}

// A stripped file's symbol table is looked for in its debug file, which libdwfl opens for it, but
// without the DWARF in it.
Dwarf* ModuleFile::FindInflatedDwarf() {
  if (has_symbols_ || dwfl_module_getsymtab(module_) < 0) return nullptr;
  const char* debug_file = nullptr;
  dwfl_module_info(module_, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, &debug_file);
  if (debug_file == nullptr) return nullptr;
  inflated_ = InflatedDwarf::Read(debug_file);
  // A prelinked file lies elsewhere than its debug file, which libdwfl knows how to put right.
  if (inflated_ != nullptr && inflated_->first_address() != first_address_) inflated_.reset();
  return inflated_ == nullptr ? nullptr : inflated_->dwarf();
}

Dwarf* ModuleFile::FindDwarf(uint64_t* bias) {
  *bias = 0;
  if (Dwarf* inflated = FindInflatedDwarf(); inflated != nullptr) return inflated;
  Dwarf_Addr dwarf_bias = 0;
  Dwarf* dwarf = dwfl_module_getdwarf(module_, &dwarf_bias);
  *bias = dwarf_bias;
  return dwarf;
}

std::string ModuleFile::DwarfDirectory() {
  const char* main_file = nullptr;
  const char* debug_file = nullptr;
  dwfl_module_info(module_, nullptr, nullptr, nullptr, nullptr, nullptr, &main_file, &debug_file);
  if (debug_file != nullptr) return DirectoryOf(debug_file);
  return main_file != nullptr ? DirectoryOf(main_file) : ".";
}

}  // namespace memshim::analyzer::symbolize
