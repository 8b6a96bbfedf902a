// The engine `unwinder=libunwind`, and what the oracle compares with, for macOS: the unwinder in
// libSystem itself, which is there in every process and need not be opened. See unwinder.h.
//
// Its interface is LLVM's <libunwind.h>, which no SDK header of ours has: contexts and cursors are
// opaque words, fewer than LibunwindScratch has room for.
#include <cerrno>

#include "registers.h"
#include "shim/base/attributes.h"
#include "shim/unwind/modules.h"
#include "shim/unwind/unwinder.h"

extern "C" {
int unw_getcontext(void* context);
int unw_init_local(void* cursor, void* context);
int unw_step(void* cursor);
int unw_get_reg(void* cursor, int number, uint64_t* value);
int unw_is_signal_frame(void* cursor);
}

namespace memshim::unwind {
namespace {

constexpr int kInstructionPointer = -1;  // UNW_REG_IP

bool HasDescription(uint64_t pc, LibunwindScratch* scratch) {
  bool is_signal_frame;
  return FindRowOf(pc, &scratch->cfi, &is_signal_frame) != CfiResult::kNone;
}

MEMSHIM_NOINLINE int Walk(LibunwindScratch* scratch, bool* is_whole) {
  *is_whole = true;
  if (unw_getcontext(scratch->context) != 0 ||
      unw_init_local(scratch->cursor, scratch->context) != 0) {
    return 0;
  }
  int depth = 0;
  bool is_exact = true;  // the first address is our own, not a return address
  do {
    uint64_t address = 0;
    if (unw_get_reg(scratch->cursor, kInstructionPointer, &address) != 0 || address == 0) break;
    const uint64_t pc = address - (is_exact ? 0 : 1);
    if (depth != 0 || !IsOwnCode(pc)) scratch->pcs[depth++] = pc;
    *is_whole = HasDescription(pc, scratch);
    is_exact = unw_is_signal_frame(scratch->cursor) > 0;
  } while (*is_whole && depth < kMaxCapture && unw_step(scratch->cursor) > 0);
  return depth;
}

}  // namespace

bool OpenLibunwind() { return true; }

// (It keeps no rules of code that may be gone: it is told of unloading by dyld.)
MEMSHIM_NOINLINE int CaptureByLibunwind(LibunwindScratch* scratch, uint32_t, bool* is_whole) {
  const int saved_errno = errno;
  const int depth = Walk(scratch, is_whole);
  errno = saved_errno;
  return depth;
}

}  // namespace memshim::unwind
