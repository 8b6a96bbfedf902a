// How the ledger is mapped, for Linux: it grows by a second view of its last page, and pages are
// made present before they are written to. See ledger.h.
#include <cerrno>

#include "shim/ledger/ledger.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace memshim::ledger {
namespace {

using base::IsError;
using base::kLargestPageBytes;

constexpr uint32_t kExtentUnits = 4;            // mapped at a time
constexpr uint64_t kReservedBytes = 64u << 20;  // where it cannot grow safely, or at all

// The mappings of the ledger of this process or, right after a fork, of its parent. Ordinary
// memory on purpose: it has to survive the fork.
struct Extent {
  uint8_t* at;
  size_t bytes;
};
Extent g_extents[kMaxUnits / kExtentUnits + kExtentUnits];
uint32_t g_extent_count;

void NoteExtent(uint8_t* at, size_t bytes) {
  if (g_extent_count < sizeof(g_extents) / sizeof(g_extents[0])) {
    g_extents[g_extent_count++] = {at, bytes};
  }
}

// Maps the head of an anonymous shared object of `bytes`; the object keeps its size when the
// rest of the first mapping is unmapped. PROT_NONE at first, so that mlockall(MCL_FUTURE) does
// not make the whole range present.
uint8_t* MapAnonymousObject(uint64_t bytes, size_t head_bytes) {
  const long at =
      base::SysMmap(nullptr, bytes, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (IsError(at)) return nullptr;
  uint8_t* head = reinterpret_cast<uint8_t*>(at);
  base::SysMunmap(head + head_bytes, bytes - head_bytes);
  if (IsError(base::SysMprotect(head, head_bytes, PROT_READ | PROT_WRITE))) {
    base::SysMunmap(head, head_bytes);
    return nullptr;
  }
  base::SysMadvise(head, head_bytes, MADV_DONTDUMP);  // further views of it inherit that
  return head;
}

}  // namespace

bool Ledger::Populate(void* at, size_t bytes) {
  if (!can_populate_) return true;
  const long result = base::SysMadvise(at, bytes, MADV_POPULATE_WRITE);
  if (result == -EINVAL) {  // Linux before 5.14
    can_populate_ = false;
    return true;
  }
  return !IsError(result);
}

bool Ledger::MapFirstUnits(uint32_t n) {
  const size_t bytes = size_t{n} * kUnitBytes;
  uint8_t* head = nullptr;
  // Smaller objects where the address space is limited (ulimit -v).
  for (uint64_t units = kMaxUnits; head == nullptr && units >= uint64_t{2} * n; units /= 4) {
    head = MapAnonymousObject(units * kUnitBytes, bytes);
    capacity_units_ = static_cast<uint32_t>(units);
  }
  if (head == nullptr) return false;
  if (!Populate(head, kHeadBytes)) {
    base::SysMunmap(head, bytes);
    return false;
  }
  g_extent_count = 0;
  NoteExtent(head, bytes);
  for (uint32_t i = 0; i < n; ++i) units_[i] = head + size_t{i} * kUnitBytes;
  mapped_units_ = n;
  return true;
}

bool Ledger::MapHead() {
  can_populate_ = true;
  if (!MapFirstUnits(kExtentUnits)) return false;
  // Every ledger needs more than these. Where there are no second views of a mapping (qemu-user),
  // it gets at once all that it will ever have.
  if (!MapMoreUnits()) {
    base::SysMunmap(units_[0], size_t{kExtentUnits} * kUnitBytes);
    can_populate_ = false;  // qemu-user says that it does, and does not
    if (!MapFirstUnits(kReservedBytes / kUnitBytes)) return false;
  }
  return true;
}

bool Ledger::MapMoreUnits() {
  uint8_t* last_page = units_[mapped_units_ - 1] + kUnitBytes - kLargestPageBytes;
  for (uint32_t n = kExtentUnits; n >= 1; n /= 2) {
    if (mapped_units_ + n > capacity_units_) continue;
    const size_t bytes = kLargestPageBytes + size_t{n} * kUnitBytes;
    // old size 0: a second view of the same object that begins with the page at last_page.
    const long at = base::SysMremap(last_page, 0, bytes, MREMAP_MAYMOVE);
    if (IsError(at)) continue;
    uint8_t* first = reinterpret_cast<uint8_t*>(at);
    NoteExtent(first, bytes);
    for (uint32_t i = 0; i < n; ++i) {
      units_[mapped_units_ + i] = first + kLargestPageBytes + size_t{i} * kUnitBytes;
    }
    mapped_units_ += n;
    return true;
  }
  return false;
}

bool Ledger::MoveToFile(int fd, uint64_t capacity) {
  uint32_t capacity_units = static_cast<uint32_t>(capacity / kUnitBytes);
  if (capacity_units > kMaxUnits) capacity_units = kMaxUnits;
  if (!can_populate_) {
    // Not beyond the limit on file sizes: that would be a signal.
    if (capacity_units > kReservedBytes / kUnitBytes) {
      capacity_units = kReservedBytes / kUnitBytes;
    }
    if (IsError(base::SysFallocate(fd, uint64_t{capacity_units} * kUnitBytes))) return false;
  }
  if (capacity_units < mapped_units_) return false;
  if (!WriteTo(fd)) return false;
  uint32_t unit = 0;
  for (uint32_t i = 0; i < g_extent_count; ++i) {
    const Extent& extent = g_extents[i];
    const uint64_t offset = i == 0 ? 0 : uint64_t{unit} * kUnitBytes - kLargestPageBytes;
    if (IsError(base::SysMmap(extent.at, extent.bytes, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_FIXED, fd, offset))) {
      is_torn_ = i > 0;
      return false;
    }
    base::SysMadvise(extent.at, extent.bytes, MADV_DONTDUMP);
    unit += static_cast<uint32_t>(extent.bytes / kUnitBytes);
  }
  capacity_units_ = capacity_units;
  header().capacity_bytes = uint64_t{capacity_units} * kUnitBytes;
  return Populate(units_[0], base::RoundUp(kHeadBytes, kLargestPageBytes));
}

void Ledger::DetachInherited() {
  for (uint32_t i = 0; i < g_extent_count; ++i) {
    base::SysMmap(g_extents[i].at, g_extents[i].bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
  }
  g_extent_count = 0;
}

}  // namespace memshim::ledger
