// Access to the bytes of a ledger, each range checked against the file's true size.
#ifndef MEMSHIM_ANALYZER_LEDGER_LEDGER_FILE_H_
#define MEMSHIM_ANALYZER_LEDGER_LEDGER_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shim/ledger/format.h"

namespace memshim::analyzer::ledger {

namespace format = ::memshim::ledger;

// An open ledger. Reads, never maps: a file that shrinks meanwhile gives an error, not SIGBUS.
class LedgerFile {
 public:
  // `path` "-": standard input, read into memory. Only regular files of this user (or read by
  // root) are taken; links are not followed.
  static absl::StatusOr<LedgerFile> Open(const std::string& path);
  LedgerFile(LedgerFile&& other) noexcept;
  ~LedgerFile();

  absl::Status ReadAt(uint64_t offset, void* to, uint64_t bytes) const;

  // All published entries of a table, whose count and units are checked.
  template <typename T>
  absl::StatusOr<std::vector<T>> ReadTable(const format::Header& header,
                                           format::Table table) const {
    std::vector<T> entries;
    absl::Status status = CheckTable(header, table);
    if (!status.ok()) return status;
    const uint64_t count = header.tables[static_cast<uint32_t>(table)].count.load();
    entries.resize(count);
    uint64_t done = 0;
    for (uint32_t unit = 1; unit < format::kMaxUnits && done < count; ++unit) {
      if (header.unit_owner[unit] != static_cast<uint8_t>(table)) continue;
      const uint64_t n = std::min<uint64_t>(count - done, format::EntriesPerUnit(table));
      status = ReadAt(uint64_t{unit} * format::kUnitBytes, entries.data() + done, n * sizeof(T));
      if (!status.ok()) return status;
      done += n;
    }
    return entries;
  }

  const std::string& path() const { return path_; }
  uint64_t present_bytes() const { return present_bytes_; }  // that are not holes
  uint32_t owner() const { return owner_; }                  // of standard input: this user
  // The error for a ledger that contradicts itself.
  absl::Status Damaged(const std::string& what) const;

 private:
  LedgerFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  static absl::StatusOr<LedgerFile> ReadStandardInput();
  absl::Status CutOff(uint64_t expected, uint64_t found) const;
  absl::Status CheckTable(const format::Header& header, format::Table table) const;

  std::string path_;
  int fd_;  // -1: the ledger is in bytes_
  uint32_t owner_ = 0;
  std::vector<char> bytes_;
  uint64_t present_bytes_ = 0;
};

}  // namespace memshim::analyzer::ledger

#endif  // MEMSHIM_ANALYZER_LEDGER_LEDGER_FILE_H_
