// See ledger.h.
#include "shim/ledger/ledger.h"

#include <algorithm>
#include <cstring>

namespace memshim::ledger {
namespace {

constexpr uint32_t kPopulateStep = 64u * 1024;  // made present at a time at least
constexpr uint32_t kWriteSteps = 3;             // written at a time: this one and the next

}  // namespace

bool Ledger::Create() {
  if (!MapHead()) return false;
  Header& h = header();
  h.magic = kMagic;
  h.version = kVersion;
  h.byte_order = kByteOrder;
  h.header_bytes = sizeof(Header);
  h.unit_bytes = kUnitBytes;
  h.capacity_bytes = uint64_t{capacity_units_} * kUnitBytes;
  h.used_units.store(1, std::memory_order_relaxed);
  for (uint32_t t = 0; t < kTables; ++t) {
    h.tables[t].entry_bytes = EntryBytes(static_cast<Table>(t));
  }
  return true;
}

bool Ledger::AddUnit(Table table) {
  Header& h = header();
  const uint32_t unit = h.used_units.load(std::memory_order_relaxed);  // guarded by lock_
  if (unit >= mapped_units_ && !MapMoreUnits()) return false;
  const uint32_t t = static_cast<uint32_t>(table);
  table_units_[t][unit_count_[t]++] = static_cast<uint16_t>(unit);
  populated_bytes_[t] = written_bytes_[t] = 0;
  h.unit_owner[unit] = static_cast<uint8_t>(table);
  // release: a reader that sees the unit sees its owner.
  h.used_units.store(unit + 1, std::memory_order_release);
  return true;
}

bool Ledger::Reserve(Table table, uint32_t n) {
  const uint32_t t = static_cast<uint32_t>(table);
  const uint32_t entry_bytes = EntryBytes(table);
  const uint32_t per_unit = EntriesPerUnit(table);
  const uint64_t wanted = uint64_t{Count(table)} + n;
  const auto reserved = [&] {
    return unit_count_[t] == 0
               ? uint64_t{0}
               : uint64_t{unit_count_[t] - 1} * per_unit +
                     (populated_bytes_[t] == kUnitBytes ? per_unit
                                                        : populated_bytes_[t] / entry_bytes);
  };
  if (wanted <= reserved()) [[likely]]
    return true;
  base::LockScope scope(lock_);
  if (!scope.ok()) return false;
  while (wanted > reserved()) {
    if ((unit_count_[t] == 0 || populated_bytes_[t] == kUnitBytes) && !AddUnit(table)) {
      return false;
    }
    // Steps double with the table, so that small programs stay small and large ones call rarely.
    uint32_t step = unit_count_[t] > 1 ? kUnitBytes / 2 : populated_bytes_[t];
    if (step < kPopulateStep) step = kPopulateStep;
    if (step > kUnitBytes - populated_bytes_[t]) step = kUnitBytes - populated_bytes_[t];
    const uint32_t unit = table_units_[t][unit_count_[t] - 1];
    if (populated_bytes_[t] + step > written_bytes_[t]) {
      // Whether or not it can be written: it is asked once.
      const uint32_t from = std::max(written_bytes_[t], populated_bytes_[t]);
      const uint32_t to = std::min(populated_bytes_[t] + kWriteSteps * step, kUnitBytes);
      WriteAhead(uint64_t{unit} * kUnitBytes + from, to - from);
      written_bytes_[t] = to;
    }
    if (!Populate(units_[unit] + populated_bytes_[t], step)) return false;
    populated_bytes_[t] += step;
  }
  return true;
}

void Ledger::GiveBackRest(const char* path) {
  if (can_populate_) return;  // the file is sparse
  base::LockScope scope(lock_);
  if (!scope.ok()) return;
  mapped_units_ = capacity_units_ = header().used_units.load(std::memory_order_relaxed);
  const long fd = base::SysOpen(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (base::IsError(fd)) return;
  base::SysFtruncate(static_cast<int>(fd), used_bytes());
  base::SysClose(static_cast<int>(fd));
}

uint32_t Ledger::AppendString(const char* bytes, uint32_t size) {
  if (size > kUnitBytes) return kNoString;
  uint32_t at = Count(Table::kStrings);
  if (at / kUnitBytes != (at + size) / kUnitBytes)
    at = static_cast<uint32_t>(base::RoundUp(at, kUnitBytes));
  if (!Reserve(Table::kStrings, at + size - Count(Table::kStrings))) return kNoString;
  memcpy(Entry<char>(Table::kStrings, at), bytes, size);
  Publish(Table::kStrings, at + size);
  return at;
}

bool Ledger::WriteTo(int fd) {
  // Written, not stored through the mapping: a full disk is then an error.
  const uint32_t used = header().used_units.load(std::memory_order_relaxed);
  for (uint32_t unit = 0; unit < used; ++unit) {
    const uint32_t t = header().unit_owner[unit];
    const bool is_last =
        unit != 0 && unit_count_[t] > 0 && table_units_[t][unit_count_[t] - 1] == unit;
    const size_t bytes = unit == 0 ? base::RoundUp(kHeadBytes, base::kLargestPageBytes)
                         : is_last ? populated_bytes_[t]
                                   : kUnitBytes;
    for (size_t done = 0; done < bytes;) {
      const long n = base::SysPwrite(fd, units_[unit] + done, bytes - done,
                                     uint64_t{unit} * kUnitBytes + done);
      if (n <= 0) return false;
      done += static_cast<size_t>(n);
    }
  }
  return true;
}

}  // namespace memshim::ledger
