// The loaded images, as dyld has told of them. Look-ups ask dyld nothing: they take no lock of its,
// and may run while another thread loads or unloads.
// Context: hook (slow path). Locks: none. Allocates: no. Signals: safe.
#ifndef MEMSHIM_SHIM_UNWIND_IMAGES_DARWIN_H_
#define MEMSHIM_SHIM_UNWIND_IMAGES_DARWIN_H_

#include <mach-o/loader.h>

#include <cstdint>

#include "shim/ledger/format.h"

namespace memshim::unwind {

struct Section {
  uint64_t at, bytes;  // in memory; 0 bytes: none
};

// An image as its load commands describe it.
struct Image {
  uint64_t bias;   // address in memory less address in the file
  uint64_t start;  // of the code's segment, which begins with the header
  uint64_t end;
  const char* path;  // dyld's text
  Section unwind_info, eh_frame;
  uint32_t build_id_bytes;
  uint8_t build_id[ledger::kBuildIdBytes];  // LC_UUID
};

// Asks dyld to tell of images, those that are there at once. `on_change` is called when one goes.
void PrepareImages(void (*on_change)());

// The image whose code holds `pc`.
bool FindImage(uint64_t pc, Image* image);

// Reads the load commands of an image in memory.
bool DescribeImage(const struct mach_header_64* header, Image* image);

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_IMAGES_DARWIN_H_
