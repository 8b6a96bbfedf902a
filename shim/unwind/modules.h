// Which loaded image holds a code address, and the list of all images seen.
// Context: hook (slow path). Allocates: no. Signals: guarded.
#ifndef MEMSHIM_SHIM_UNWIND_MODULES_H_
#define MEMSHIM_SHIM_UNWIND_MODULES_H_

#include "shim/base/text.h"
#include "shim/ledger/ledger.h"

namespace memshim::unwind {

// What the loader says of the image that holds an address.
struct ModuleInfo {
  uint64_t bias;
  uint64_t start;
  uint64_t end;
  uint64_t eh_frame_header;  // run-time address of .eh_frame_hdr; 0: none
  const char* path;          // the loader's own text: "" for the main program
  uint32_t build_id_bytes;
  uint8_t build_id[ledger::kBuildIdBytes];
};

// Resolves what FindModule needs. At start, once.
void PrepareFindModule();

// False when no image holds pc. Lock-free where glibc has _dl_find_object (2.35), else under the
// loader's lock: never call it with a lock of ours held.
bool FindModule(uint64_t pc, ModuleInfo* info);

// The fallback of FindModule, for tests on a newer glibc.
bool FindModuleByWalk(uint64_t pc, ModuleInfo* info);

// The modules in the ledger, each once per (range, build-id, path). Zero-filled memory is ready.
class ModuleTable {
 public:
  // The id of the module, added when new; ledger::kModuleUnknown when the ledger is full.
  // `executable` replaces an empty path. Requires: serialized by the caller.
  uint32_t Intern(ledger::Ledger& ledger, const ModuleInfo& info, const char* executable,
                  uint32_t generation);

 private:
  bool IsSame(ledger::Ledger& ledger, uint32_t id, const ModuleInfo& info) const;

  uint32_t last_;
  base::Path path_;  // too long for a hook's stack
  char directory_[base::kPathCapacity];
};

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_MODULES_H_
