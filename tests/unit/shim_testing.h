// What the tests of the shim's parts share: zero-filled objects, as the shim makes them, and
// ledgers written to files for the analyzer to read.
#ifndef MEMSHIM_TESTS_UNIT_SHIM_TESTING_H_
#define MEMSHIM_TESTS_UNIT_SHIM_TESTING_H_

#include <cstdlib>
#include <memory>
#include <string>

#include "shim/base/memory.h"
#include "shim/ledger/ledger.h"
#include "shim/ledger/place.h"

namespace memshim::testing {

template <typename T>
struct Unmap {
  void operator()(T* object) const {
    base::UnmapPrivate(object, base::RoundUp(sizeof(T), base::kPageBytes));
  }
};

// The shim's large objects live in zero-filled mappings and have no constructors to run.
template <typename T>
std::unique_ptr<T, Unmap<T>> MakeZeroed() {
  return std::unique_ptr<T, Unmap<T>>(static_cast<T*>(base::MapPrivate(sizeof(T))));
}

// A new name in the test's temporary folder.
inline std::string TemporaryName(const char* name) {
  std::string path = std::string(getenv("TMPDIR") != nullptr ? getenv("TMPDIR") : "/tmp") +
                     "/memshim-" + name + "-XXXXXX";
  const int fd = mkstemp(path.data());
  if (fd >= 0) base::SysClose(fd);
  base::SysUnlink(path.c_str());
  return path;
}

// Moves a ledger into a new file and returns its path; empty on failure.
inline std::string MoveToNewFile(ledger::Ledger* ledger) {
  const std::string path = TemporaryName("ledger");
  uint64_t capacity = 0;
  const int fd = ledger::CreateLedgerFile(path.c_str(), &capacity);
  if (fd < 0) return "";
  const bool is_moved = ledger->MoveToFile(fd, path.c_str(), capacity);
  base::SysClose(fd);
  return is_moved ? path : "";
}

}  // namespace memshim::testing

#endif  // MEMSHIM_TESTS_UNIT_SHIM_TESTING_H_
