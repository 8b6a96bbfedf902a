// How the ledger is mapped, for macOS: all of it at once, in a fixed size. There is neither a
// second view of a mapping nor a way to make pages present, but room in the file can be reserved
// (place_darwin.cc). See ledger.h.
#include "shim/ledger/fixed_size.h"
#include "shim/ledger/ledger.h"

namespace memshim::ledger {
namespace {

using base::IsError;

// The mapping of the ledger of this process or, right after a fork, of its parent. Ordinary memory
// on purpose: it has to survive the fork.
uint8_t* g_start;
size_t g_bytes;

}  // namespace

bool Ledger::Populate(void*, size_t) { return true; }

void Ledger::WriteAhead(uint64_t, size_t) {}

bool Ledger::MapHead() {
  const long at = base::SysMmap(nullptr, kFixedBytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (IsError(at)) return false;
  g_start = reinterpret_cast<uint8_t*>(at);
  g_bytes = kFixedBytes;
  capacity_units_ = mapped_units_ = kFixedBytes / kUnitBytes;
  for (uint32_t i = 0; i < mapped_units_; ++i) units_[i] = g_start + size_t{i} * kUnitBytes;
  return true;
}

bool Ledger::MapMoreUnits() { return false; }

bool Ledger::MoveToFile(int fd, const char*, uint64_t capacity) {
  const uint32_t capacity_units =
      static_cast<uint32_t>((capacity < kFixedBytes ? capacity : kFixedBytes) / kUnitBytes);
  if (capacity_units < header().used_units.load(std::memory_order_relaxed)) return false;
  if (!WriteTo(fd)) return false;
  const size_t bytes = size_t{capacity_units} * kUnitBytes;
  if (IsError(
          base::SysMmap(g_start, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0))) {
    is_torn_ = true;  // what was there may be gone
    return false;
  }
  // A forked child gets a copy: nothing that it does reaches the file, not even before the first
  // handler runs in it. Where that fails, a few events of its could.
  base::WithoutErrno([&] { return minherit(g_start, bytes, VM_INHERIT_COPY); });
  capacity_units_ = mapped_units_ = capacity_units;
  header().capacity_bytes = bytes;
  return true;
}

void Ledger::DetachInherited() {
  if (g_start != nullptr) base::EmptyPages(g_start, g_bytes);
  g_start = nullptr;
}

}  // namespace memshim::ledger
