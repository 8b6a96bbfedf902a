// See images_darwin.h.
#include "shim/unwind/images_darwin.h"

#include <dlfcn.h>
#include <mach-o/dyld.h>

#include <atomic>
#include <cstring>

namespace memshim::unwind {
namespace {

// Where an image's code lies. `start` is 0 while the entry is empty or changes: who reads the
// others between two equal starts has read what belongs to it.
struct Place {
  std::atomic<uint64_t> start;
  std::atomic<uint64_t> end;
  std::atomic<const char*> path;
};
// Applications with many frameworks have 1,000. What does not fit is left by frame pointers.
constexpr uint32_t kMostImages = 8192;
Place g_places[kMostImages];
std::atomic<uint32_t> g_place_count;
void (*g_on_change)();

bool IsNamed(const char* field, const char* name) { return strncmp(field, name, 16) == 0; }

void ReadSegment(const segment_command_64* segment, const mach_header_64* header, Image* image) {
  if (!IsNamed(segment->segname, SEG_TEXT)) return;
  image->start = reinterpret_cast<uint64_t>(header);
  image->bias = image->start - segment->vmaddr;
  image->end = image->start + segment->vmsize;
  const section_64* sections = reinterpret_cast<const section_64*>(segment + 1);
  for (uint32_t i = 0; i < segment->nsects; ++i) {
    const Section section = {sections[i].addr + image->bias, sections[i].size};
    if (IsNamed(sections[i].sectname, "__unwind_info")) image->unwind_info = section;
    if (IsNamed(sections[i].sectname, "__eh_frame")) image->eh_frame = section;
  }
}

// dyld serializes these two, and holds its locks meanwhile.
void OnAdd(const mach_header* header, intptr_t) {
  Image image;
  if (!DescribeImage(reinterpret_cast<const mach_header_64*>(header), &image)) return;
  Dl_info info = {};
  dladdr(header, &info);
  uint32_t i = 0;
  const uint32_t count = g_place_count.load(std::memory_order_relaxed);
  while (i < count && g_places[i].start.load(std::memory_order_relaxed) != 0) ++i;
  if (i == kMostImages) return;
  Place& place = g_places[i];
  place.end.store(image.end, std::memory_order_relaxed);
  place.path.store(info.dli_fname == nullptr ? "" : info.dli_fname, std::memory_order_relaxed);
  // release: pairs with the acquire in FindImage; the others are there.
  place.start.store(image.start, std::memory_order_release);
  if (i == count) g_place_count.store(count + 1, std::memory_order_release);
}

void OnRemove(const mach_header* header, intptr_t) {
  const uint64_t start = reinterpret_cast<uint64_t>(header);
  const uint32_t count = g_place_count.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < count; ++i) {
    if (g_places[i].start.load(std::memory_order_relaxed) != start) continue;
    // seq_cst: before what a later image writes there.
    g_places[i].start.store(0);
  }
  g_on_change();
}

}  // namespace

void PrepareImages(void (*on_change)()) {
  g_on_change = on_change;
  _dyld_register_func_for_add_image(OnAdd);
  _dyld_register_func_for_remove_image(OnRemove);
}

bool DescribeImage(const mach_header_64* header, Image* image) {
  *image = {};
  if (header->magic != MH_MAGIC_64) return false;
  const uint8_t* at = reinterpret_cast<const uint8_t*>(header + 1);
  const uint8_t* end = at + header->sizeofcmds;
  for (uint32_t i = 0; i < header->ncmds && at + sizeof(load_command) <= end; ++i) {
    const load_command* command = reinterpret_cast<const load_command*>(at);
    if (command->cmd == LC_SEGMENT_64) {
      ReadSegment(reinterpret_cast<const segment_command_64*>(at), header, image);
    } else if (command->cmd == LC_UUID) {
      const uuid_command* uuid = reinterpret_cast<const uuid_command*>(at);
      image->build_id_bytes = sizeof(uuid->uuid);
      memcpy(image->build_id, uuid->uuid, sizeof(uuid->uuid));
    }
    at += command->cmdsize;
  }
  return image->end > image->start;
}

bool FindImage(uint64_t pc, Image* image) {
  const uint32_t count = g_place_count.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < count; ++i) {
    const Place& place = g_places[i];
    const uint64_t start = place.start.load(std::memory_order_acquire);
    const uint64_t end = place.end.load(std::memory_order_relaxed);
    if (start == 0 || pc < start || pc >= end) continue;
    const char* path = place.path.load(std::memory_order_acquire);
    if (place.start.load(std::memory_order_relaxed) != start) continue;
    // Code at `pc` runs, or is about to return there: the image is not unloaded meanwhile.
    if (!DescribeImage(reinterpret_cast<const mach_header_64*>(start), image)) return false;
    image->path = path;
    return true;
  }
  return false;
}

}  // namespace memshim::unwind
