// FindModule for glibc. See modules.h.
#include <elf.h>
#include <link.h>

#include <cstring>

#include "shim/base/elf_lookup.h"
#include "shim/unwind/modules.h"

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

struct Walk {
  uint64_t pc;
  ModuleInfo* info;
};

int VisitObject(struct dl_phdr_info* object, size_t, void* data) {
  Walk* walk = static_cast<Walk*>(data);
  uint64_t start = ~uint64_t{0}, end = 0;
  bool holds_pc = false;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = object->dlpi_phdr[i];
    if (header.p_type != PT_LOAD) continue;
    const uint64_t from = object->dlpi_addr + header.p_vaddr;
    const uint64_t to = from + header.p_memsz;
    if (from < start) start = from & ~uint64_t{base::kPageBytes - 1};
    if (to > end) end = to;
    holds_pc |= walk->pc >= from && walk->pc < to;
  }
  if (!holds_pc) return 0;
  walk->info->bias = object->dlpi_addr;
  walk->info->start = start;
  walk->info->end = end;
  walk->info->path = object->dlpi_name == nullptr ? "" : object->dlpi_name;
  return 1;
}

}  // namespace

void PrepareFindModule() {
  g_find_object = reinterpret_cast<FindObject>(base::FindFirst("_dl_find_object"));
}

bool ReadBuildId(ModuleInfo* info) {
  info->build_id_bytes = 0;
  const ElfW(Ehdr)* elf = reinterpret_cast<const ElfW(Ehdr)*>(info->start);
  if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0) return false;
  const ElfW(Phdr)* headers = reinterpret_cast<const ElfW(Phdr)*>(info->start + elf->e_phoff);
  for (int i = 0; i < elf->e_phnum; ++i) {
    if (headers[i].p_type != PT_NOTE) continue;
    const uint64_t align = headers[i].p_align >= 8 ? 8 : 4;
    uint64_t at = info->bias + headers[i].p_vaddr;
    const uint64_t end = at + headers[i].p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      const ElfW(Nhdr)* note = reinterpret_cast<const ElfW(Nhdr)*>(at);
      const uint64_t name = at + sizeof(*note);
      const uint64_t content = base::RoundUp(name + note->n_namesz - at, align) + at;
      if (content + note->n_descsz > end) break;
      if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
          memcmp(reinterpret_cast<const void*>(name), "GNU", 4) == 0 &&
          note->n_descsz <= ledger::kBuildIdBytes) {
        info->build_id_bytes = note->n_descsz;
        memcpy(info->build_id, reinterpret_cast<const void*>(content), note->n_descsz);
        return true;
      }
      at = base::RoundUp(content + note->n_descsz - at, align) + at;
    }
  }
  return true;
}

bool FindModuleByWalk(uint64_t pc, ModuleInfo* info) {
  Walk walk = {pc, info};
  if (dl_iterate_phdr(VisitObject, &walk) == 0) return false;
  ReadBuildId(info);
  return true;
}

bool FindModule(uint64_t pc, ModuleInfo* info) {
  if (g_find_object == nullptr) return FindModuleByWalk(pc, info);
  FoundObject found = {};
  if (g_find_object(reinterpret_cast<void*>(pc), &found) != 0) return false;
  info->bias = found.link_map->l_addr;
  info->start = reinterpret_cast<uint64_t>(found.map_start);
  info->end = reinterpret_cast<uint64_t>(found.map_end);
  info->path = found.link_map->l_name == nullptr ? "" : found.link_map->l_name;
  ReadBuildId(info);
  return true;
}

}  // namespace memshim::unwind
