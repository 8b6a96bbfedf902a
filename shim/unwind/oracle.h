// The oracle `verify=on`: recorded stacks against those that libunwind's unw_step takes.
//
// It compares what the stack trie gives back for an id, so that a mistake of the unwinder, of its
// caches or of the trie shows. It reads the same call frame information: what that says wrongly,
// both see wrongly.
// Context: as CaptureByLibunwind. For tests and doubts, never by default.
#ifndef MEMSHIM_SHIM_UNWIND_ORACLE_H_
#define MEMSHIM_SHIM_UNWIND_ORACLE_H_

#include "shim/ledger/format.h"
#include "shim/unwind/unwinder.h"

namespace memshim::unwind {

// What one thread needs to compare. Zero-filled memory is ready.
struct OracleScratch {
  uint64_t recorded[ledger::kMaxDepth];
  LibunwindScratch expected;
};

struct Comparison {
  ledger::Verdict verdict;
  int frame;           // of kDifferent: the innermost of the recorded ones that differs
  int expected_frame;  // and the one it was compared with
  int recorded_depth;
  int expected_depth;
};

// Compares scratch->recorded, a stack of `depth` look-up addresses as StackTrie::Read gives it,
// with the stack of the caller. `limit`: frames after which recording stopped, kMaxDepth where it
// cuts in the middle instead; `generation`: of the modules. Requires: OpenLibunwind has succeeded.
Comparison CompareWithOracle(OracleScratch* scratch, int depth, int limit, uint32_t generation);

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_ORACLE_H_
