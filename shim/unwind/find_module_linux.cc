// FindModule for glibc. See modules.h.
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include <cstring>

#include "shim/base/elf_lookup.h"
#include "shim/unwind/modules.h"
#include "shim/unwind/unwinder.h"

extern "C" const char __ehdr_start __attribute__((visibility("hidden")));
extern "C" const char _end __attribute__((visibility("hidden")));

namespace memshim::unwind {
namespace {

// As struct dl_find_object of glibc's <dlfcn.h> (2.35), which older build hosts lack.
struct FoundObject {
  unsigned long long flags;
  void* map_start;
  void* map_end;
  struct link_map* link_map;
  void* eh_frame;
  unsigned long long reserved[7];
};
using FindObject = int (*)(void*, FoundObject*);
FindObject g_find_object;

struct Headers {
  const ElfW(Phdr) * at = nullptr;
  int count = 0;
};

// The range of all segments, and where the frame descriptions are. An image need not be one
// piece: node's has gaps.
void ReadSegments(const Headers& headers, ModuleInfo* info) {
  info->start = ~uint64_t{0};
  info->end = 0;
  info->eh_frame_header = 0;
  for (int i = 0; i < headers.count; ++i) {
    const uint64_t from = info->bias + headers.at[i].p_vaddr;
    if (headers.at[i].p_type == PT_GNU_EH_FRAME) info->eh_frame_header = from;
    if (headers.at[i].p_type != PT_LOAD) continue;
    const uint64_t to = from + headers.at[i].p_memsz;
    if (from < info->start) info->start = from & ~uint64_t{base::kPageBytes - 1};
    if (to > info->end) info->end = to;
  }
}

// Looks for the build-id among the notes of one segment.
void ReadNotes(uint64_t at, uint64_t end, uint64_t align, ModuleInfo* info) {
  while (at + sizeof(ElfW(Nhdr)) <= end) {
    const ElfW(Nhdr)* note = reinterpret_cast<const ElfW(Nhdr)*>(at);
    const uint64_t name = at + sizeof(*note);
    const uint64_t content = at + base::RoundUp(sizeof(*note) + note->n_namesz, align);
    if (content + note->n_descsz > end) return;
    if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
        memcmp(reinterpret_cast<const void*>(name), "GNU", 4) == 0 &&
        note->n_descsz <= ledger::kBuildIdBytes) {
      info->build_id_bytes = note->n_descsz;
      memcpy(info->build_id, reinterpret_cast<const void*>(content), note->n_descsz);
      return;
    }
    at = content + base::RoundUp(note->n_descsz, align);
  }
}

void Describe(const Headers& headers, ModuleInfo* info) {
  info->build_id_bytes = 0;
  ReadSegments(headers, info);
  for (int i = 0; i < headers.count && info->build_id_bytes == 0; ++i) {
    const ElfW(Phdr)& header = headers.at[i];
    if (header.p_type != PT_NOTE) continue;
    const uint64_t at = info->bias + header.p_vaddr;
    // Of the image, whatever a strange tool has written there.
    if (at < info->start || at > info->end || header.p_memsz > info->end - at) continue;
    ReadNotes(at, at + header.p_memsz, header.p_align >= 8 ? 8 : 4, info);
  }
}

// The program headers of an image in memory, or none where they cannot be told. The main
// program's are told by the kernel. Those of others follow the ELF header, if the first segment
// holds both; some tools move them behind, and an image of several pieces is given by one of them.
Headers FindHeaders(const FoundObject& found) {
  if (found.link_map == _r_debug.r_map) {
    return {reinterpret_cast<const ElfW(Phdr)*>(getauxval(AT_PHDR)),
            static_cast<int>(getauxval(AT_PHNUM))};
  }
  const uint64_t start = reinterpret_cast<uint64_t>(found.map_start);
  const ElfW(Ehdr)* elf = static_cast<const ElfW(Ehdr)*>(found.map_start);
  if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0) return {};
  const uint64_t end = elf->e_phoff + uint64_t{elf->e_phnum} * sizeof(ElfW(Phdr));
  if (end > base::kPageBytes) return {};
  const Headers headers = {reinterpret_cast<const ElfW(Phdr)*>(start + elf->e_phoff), elf->e_phnum};
  for (int i = 0; i < headers.count; ++i) {
    const ElfW(Phdr)& first = headers.at[i];
    if (first.p_type != PT_LOAD || first.p_offset != 0) continue;
    const bool is_here = found.link_map->l_addr + first.p_vaddr == start && end <= first.p_filesz;
    return is_here ? headers : Headers();
  }
  return {};
}

struct Walk {
  uint64_t pc;
  ModuleInfo* info;
};

int VisitObject(struct dl_phdr_info* object, size_t, void* data) {
  const Walk* walk = static_cast<const Walk*>(data);
  bool holds_pc = false;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = object->dlpi_phdr[i];
    holds_pc |= header.p_type == PT_LOAD &&
                walk->pc - (object->dlpi_addr + header.p_vaddr) < header.p_memsz;
  }
  if (!holds_pc) return 0;
  walk->info->bias = object->dlpi_addr;
  walk->info->path = object->dlpi_name == nullptr ? "" : object->dlpi_name;
  Describe({object->dlpi_phdr, object->dlpi_phnum}, walk->info);
  return 1;
}

}  // namespace

void PrepareFindModule() {
  g_find_object = reinterpret_cast<FindObject>(base::FindFirst("_dl_find_object"));
}

bool FindModuleByWalk(uint64_t pc, ModuleInfo* info) {
  Walk walk = {pc, info};
  return dl_iterate_phdr(VisitObject, &walk) != 0;
}

bool FindModule(uint64_t pc, ModuleInfo* info) {
  if (g_find_object == nullptr) return FindModuleByWalk(pc, info);
  FoundObject found = {};
  if (g_find_object(reinterpret_cast<void*>(pc), &found) != 0) return false;
  const Headers headers = FindHeaders(found);
  if (headers.count == 0) return FindModuleByWalk(pc, info);
  const struct link_map* map = found.link_map;
  info->bias = map->l_addr;
  info->path = map->l_name == nullptr ? "" : map->l_name;
  Describe(headers, info);
  return true;
}

CfiResult FindRowOf(uint64_t pc, CfiScratch* scratch, bool* is_signal_frame) {
  ModuleInfo module;
  *is_signal_frame = false;
  if (!FindModule(pc, &module) || module.eh_frame_header == 0) return CfiResult::kNone;
  return FindRow({module.start, module.end}, module.eh_frame_header, pc, scratch, is_signal_frame);
}

ImageRange OwnImage() {
  return {reinterpret_cast<uint64_t>(&__ehdr_start), reinterpret_cast<uint64_t>(&_end)};
}

}  // namespace memshim::unwind
