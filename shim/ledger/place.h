// Where a ledger's file may lie, and its creation there.
// Context: start, hook (once), exit. Locks: none. Allocates: no. Signals: guarded.
#ifndef MEMSHIM_SHIM_LEDGER_PLACE_H_
#define MEMSHIM_SHIM_LEDGER_PLACE_H_

#include <cstdint>

namespace memshim::ledger {

// Creates `path` as a new private file fit for a ledger and returns its descriptor, which the
// caller closes; `capacity` gets its (sparse) size. Returns -1, leaving no file, where the path
// exists already, is not writable, lies on a file system whose mappings may fail later (copy on
// write, network), or where limits or free space leave less than a few MiB.
int CreateLedgerFile(const char* path, uint64_t* capacity);

}  // namespace memshim::ledger

#endif  // MEMSHIM_SHIM_LEDGER_PLACE_H_
