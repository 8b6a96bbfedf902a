// How the ledger is mapped, for Linux: it grows by a second view of its last page, and pages are
// made present before they are written to. See ledger.h.
#include <algorithm>
#include <cerrno>

#include "shim/base/restricted.h"
#include "shim/base/single_threaded.h"
#include "shim/ledger/ledger.h"

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

// As many as there is room for.
void WriteZeros(int fd, uint64_t offset, size_t bytes) {
  static char g_zeros[size_t{64} << 10];  // never written to: it takes no memory
  constexpr int kPieces = 16;
  while (bytes != 0) {
    struct iovec pieces[kPieces];
    int count = 0;
    for (size_t left = bytes; left != 0 && count < kPieces; ++count) {
      const size_t piece = left < sizeof(g_zeros) ? left : sizeof(g_zeros);
      pieces[count] = {g_zeros, piece};
      left -= piece;
    }
    const long written = base::SysPwritev(fd, pieces, count, offset);
    if (written <= 0) return;
    offset += static_cast<uint64_t>(written);
    bytes -= static_cast<size_t>(written);
  }
}

}  // namespace

// With several threads another one could close the descriptor meanwhile and open a file of its own
// by the same number; a child that goes on in a hook of its parent's has the parent's file here;
// and whoever has lowered the limit on the size of files would get a signal. A handler can bring
// all that about until none can run any more.
void Ledger::WriteAhead(uint64_t offset, size_t bytes) {
  const auto may_open = [this] {
    return base::IsSingleThreaded() && !base::IsRestricted() && base::SysGetpid() == pid_;
  };
  if (path_.empty() || !can_populate_ || !may_open()) return;
  const base::SignalsHeldBack held_back(base::kEverySignal);
  if (!may_open()) return;
  struct rlimit limit;
  if (IsError(base::SysGetrlimit(RLIMIT_FSIZE, &limit)) || limit.rlim_cur < offset + bytes) return;
  const long fd = base::SysOpenCached(path_.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (IsError(fd)) return;
  struct stat file = {};
  if (!IsError(base::SysFstat(static_cast<int>(fd), &file)) && file.st_dev == device_ &&
      file.st_ino == inode_) {
    WriteZeros(static_cast<int>(fd), offset, bytes);
  }
  base::SysClose(static_cast<int>(fd));
}

bool Ledger::Populate(void* at, size_t bytes) {
  if (!can_populate_) return true;
  const long result = base::MakePresent(at, bytes);
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

bool Ledger::MoveToFile(int fd, const char* path, uint64_t capacity) {
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
  for (uint32_t t = 0; can_populate_ && t < kTables; ++t) {
    if (unit_count_[t] == 0) continue;
    // As much again as there is: small ledgers need no more, and the file is not opened again.
    const uint64_t end =
        uint64_t{table_units_[t][unit_count_[t] - 1]} * kUnitBytes + populated_bytes_[t];
    const uint32_t ahead = std::min(populated_bytes_[t], kUnitBytes - populated_bytes_[t]);
    WriteZeros(fd, end, ahead);
    written_bytes_[t] = populated_bytes_[t] + ahead;
  }
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
  if (!Populate(units_[0], base::RoundUp(kHeadBytes, kLargestPageBytes))) return false;
  struct stat file = {};
  if (!IsError(base::SysFstat(fd, &file))) {
    device_ = file.st_dev;
    inode_ = file.st_ino;
    pid_ = base::SysGetpid();
    path_.Clear();
    path_.Append(path);
  }
  return true;
}

void Ledger::DetachInherited() {
  for (uint32_t i = 0; i < g_extent_count; ++i) {
    base::SysMmap(g_extents[i].at, g_extents[i].bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
  }
  g_extent_count = 0;
}

}  // namespace memshim::ledger
