// See elf_lookup.h. Formats: System V gABI (symbol table, DT_HASH) and the GNU hash section as
// described in binutils' and glibc's sources.
#include <cstdint>
#include <cstring>

#include "shim/base/elf_lookup.h"

extern "C" const char __ehdr_start __attribute__((visibility("hidden")));

namespace memshim::base {
namespace {

using Sym = ElfW(Sym);

struct Dynamic {
  const Sym* symbols = nullptr;
  const char* names = nullptr;
  const uint32_t* gnu_hash = nullptr;
  const uint32_t* sysv_hash = nullptr;
  const ElfW(Half) * versions = nullptr;  // one for each symbol; null: none
};

// The loader relocates the pointers of most objects' dynamic sections in place, but not those of
// read-only ones (the vdso): values below the load address are offsets.
template <typename T>
const T* At(const struct link_map* map, ElfW(Addr) value) {
  return reinterpret_cast<const T*>(value < map->l_addr ? map->l_addr + value : value);
}

Dynamic ReadDynamic(const struct link_map* map) {
  Dynamic result;
  for (const ElfW(Dyn)* d = map->l_ld; d != nullptr && d->d_tag != DT_NULL; ++d) {
    switch (d->d_tag) {
      case DT_SYMTAB:
        result.symbols = At<Sym>(map, d->d_un.d_ptr);
        break;
      case DT_STRTAB:
        result.names = At<char>(map, d->d_un.d_ptr);
        break;
      case DT_GNU_HASH:
        result.gnu_hash = At<uint32_t>(map, d->d_un.d_ptr);
        break;
      case DT_HASH:
        result.sysv_hash = At<uint32_t>(map, d->d_un.d_ptr);
        break;
      case DT_VERSYM:
        result.versions = At<ElfW(Half)>(map, d->d_un.d_ptr);
        break;
      default:
        break;
    }
  }
  return result;
}

bool Defines(const Dynamic& dynamic, uint32_t index, const char* name) {
  const Sym& symbol = dynamic.symbols[index];
  const unsigned type = symbol.st_info & 0xf;
  // Versions other than the default one are for programs linked long ago.
  constexpr ElfW(Half) kHidden = 0x8000;
  if (dynamic.versions != nullptr && (dynamic.versions[index] & kHidden) != 0) return false;
  return symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0 &&
         (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE) &&
         strcmp(dynamic.names + symbol.st_name, name) == 0;
}

const Sym* FindByGnuHash(const Dynamic& dynamic, const char* name) {
  const uint32_t* table = dynamic.gnu_hash;
  const uint32_t buckets = table[0], first = table[1], bloom_words = table[2];
  const ElfW(Addr)* bloom = reinterpret_cast<const ElfW(Addr)*>(table + 4);
  const uint32_t* bucket = reinterpret_cast<const uint32_t*>(bloom + bloom_words);
  const uint32_t* chain = bucket + buckets;
  uint32_t hash = 5381;
  for (const char* c = name; *c != '\0'; ++c) hash = hash * 33 + static_cast<unsigned char>(*c);
  uint32_t index = buckets == 0 ? 0 : bucket[hash % buckets];
  if (index < first) return nullptr;
  for (;; ++index) {
    const uint32_t entry = chain[index - first];
    if ((entry | 1) == (hash | 1) && Defines(dynamic, index, name)) {
      return &dynamic.symbols[index];
    }
    if (entry & 1) return nullptr;
  }
}

const Sym* FindBySysvHash(const Dynamic& dynamic, const char* name) {
  const uint32_t symbol_count = dynamic.sysv_hash[1];
  for (uint32_t index = 1; index < symbol_count; ++index) {
    if (Defines(dynamic, index, name)) return &dynamic.symbols[index];
  }
  return nullptr;
}

void* FindIn(const struct link_map* map, const char* name) {
  const Dynamic dynamic = ReadDynamic(map);
  if (dynamic.symbols == nullptr || dynamic.names == nullptr) return nullptr;
  const Sym* symbol = dynamic.gnu_hash != nullptr    ? FindByGnuHash(dynamic, name)
                      : dynamic.sysv_hash != nullptr ? FindBySysvHash(dynamic, name)
                                                     : nullptr;
  return symbol == nullptr ? nullptr : reinterpret_cast<void*>(map->l_addr + symbol->st_value);
}

// Undefined symbols are in no hash; those of GNU_HASH come first, before the defined ones.
bool Imports(const struct link_map* map, const char* name) {
  const Dynamic dynamic = ReadDynamic(map);
  if (dynamic.symbols == nullptr || dynamic.names == nullptr) return false;
  const uint32_t end = dynamic.gnu_hash != nullptr    ? dynamic.gnu_hash[1]
                       : dynamic.sysv_hash != nullptr ? dynamic.sysv_hash[1]
                                                      : 0;
  for (uint32_t index = 1; index < end; ++index) {
    const Sym& symbol = dynamic.symbols[index];
    if (symbol.st_shndx == SHN_UNDEF && strcmp(dynamic.names + symbol.st_name, name) == 0) {
      return true;
    }
  }
  return false;
}

void* FindFrom(const struct link_map* map, const char* name, const struct link_map** owner,
               const struct link_map* last = nullptr) {
  for (; map != nullptr; map = map == last ? nullptr : map->l_next) {
    void* found = FindIn(map, name);
    if (found != nullptr) {
      if (owner != nullptr) *owner = map;
      return found;
    }
  }
  return nullptr;
}

struct Search {
  const char* name;
  const char* beside;
  void* found;
  bool has_beside;
};

int SearchObject(struct dl_phdr_info* object, size_t, void* data) {
  Search* search = static_cast<Search*>(data);
  if (object->dlpi_addr == reinterpret_cast<ElfW(Addr)>(&__ehdr_start)) return 0;
  struct link_map map = {};
  map.l_addr = object->dlpi_addr;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = object->dlpi_phdr[i];
    if (header.p_type != PT_DYNAMIC) continue;
    map.l_ld = reinterpret_cast<ElfW(Dyn)*>(object->dlpi_addr + header.p_vaddr);
  }
  search->found = FindIn(&map, search->name);
  if (search->found == nullptr) return 0;
  search->has_beside = FindIn(&map, search->beside) != nullptr;
  return 1;
}

}  // namespace

const struct link_map* OwnObject() {
  for (const struct link_map* map = _r_debug.r_map; map != nullptr; map = map->l_next) {
    if (map->l_addr == reinterpret_cast<ElfW(Addr)>(&__ehdr_start)) return map;
  }
  return nullptr;
}

bool IsDefinedIn(const struct link_map* object, const char* name) {
  return FindIn(object, name) != nullptr;
}

bool IsImported(const char* name) {
  for (const struct link_map* map = _r_debug.r_map; map != nullptr; map = map->l_next) {
    if (Imports(map, name)) return true;
  }
  return false;
}

void* FindNext(const char* name, const struct link_map** owner, const struct link_map* last) {
  const struct link_map* own = OwnObject();
  return own == nullptr || own == last ? nullptr : FindFrom(own->l_next, name, owner, last);
}

void* FindFirst(const char* name, const struct link_map** owner) {
  return FindFrom(_r_debug.r_map, name, owner);
}

void* FindAnywhere(const char* name, const char* beside, bool* has_beside) {
  Search search = {name, beside, nullptr, false};
  dl_iterate_phdr(SearchObject, &search);
  *has_beside = search.has_beside;
  return search.found;
}

const struct link_map* LastObject() {
  const struct link_map* map = _r_debug.r_map;
  while (map != nullptr && map->l_next != nullptr) map = map->l_next;
  return map;
}

}  // namespace memshim::base
