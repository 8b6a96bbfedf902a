// See oracle.h.
#include "shim/unwind/oracle.h"

#include <atomic>
#include <cerrno>

#include "shim/base/attributes.h"
#include "shim/unwind/libunwind_library.h"
#include "shim/unwind/modules.h"
#include "shim/unwind/stack_trie.h"

namespace memshim::unwind {
namespace {

using ledger::Verdict;

static_assert(sizeof(unw_context_t) <= sizeof(OracleScratch::context));
static_assert(sizeof(unw_cursor_t) <= sizeof(OracleScratch::cursor));

struct Functions {
  decltype(&unw_tdep_getcontext) get_context;
  decltype(&unw_init_local) init_local;
  decltype(&unw_step) step;
  decltype(&unw_get_reg) get_reg;
  decltype(&unw_flush_cache) flush_cache;
  unw_addr_space_t* local_address_space;
};
Functions g_functions;
std::atomic<uint32_t> g_flushed_generation;

// The caller's stack as look-up addresses, innermost first, without frames of this library.
MEMSHIM_NOINLINE int Walk(OracleScratch* scratch) {
  unw_context_t* context = reinterpret_cast<unw_context_t*>(scratch->context);
  unw_cursor_t* cursor = reinterpret_cast<unw_cursor_t*>(scratch->cursor);
  if (g_functions.get_context(context) != 0 || g_functions.init_local(cursor, context) != 0) {
    return 0;
  }
  int depth = 0;
  bool is_exact = true;  // the first address is our own, not a return address
  do {
    unw_word_t address = 0;
    if (g_functions.get_reg(cursor, UNW_REG_IP, &address) != 0 || address == 0) break;
    const uint64_t pc = address - (is_exact ? 0 : 1);
    if (depth != 0 || !IsOwnCode(pc)) scratch->expected[depth++] = pc;
    // Asked of the code: unw_is_signal_frame of libunwind 1.6 knows only frames that it had to
    // recognize itself, not those with a description.
    ModuleInfo module;
    is_exact = FindModule(address, &module) && IsSignalReturn(address);
  } while (depth < kMaxCapture && g_functions.step(cursor) > 0);
  return depth;
}

bool HasDescription(uint64_t pc, OracleScratch* scratch) {
  bool is_signal_frame;
  return FindRowOf(pc, &scratch->cfi, &is_signal_frame) != CfiResult::kNone;
}

// Compares a run of frames, from recorded[i] and expected[j] on. -1: equal, else the innermost
// index into `recorded` that differs.
int FirstDifference(const OracleScratch& scratch, int i, int j, int count) {
  for (int k = 0; k < count; ++k) {
    if (scratch.recorded[i + k] != scratch.expected[j + k]) return i + k;
  }
  return -1;
}

// -1: the stacks are equal.
int Compare(const OracleScratch& scratch, int recorded, int expected) {
  int cut = 0;  // index of the mark of a stack that was cut in the middle
  while (cut < recorded && scratch.recorded[cut] != kCutPc) ++cut;
  if (cut == recorded) {
    const int common = recorded < expected ? recorded : expected;
    const int difference = FirstDifference(scratch, 0, 0, common);
    return difference < 0 && recorded != expected ? common : difference;
  }
  const int outer = recorded - cut - 1;
  if (expected < recorded) return expected < cut ? expected : cut;
  const int difference = FirstDifference(scratch, 0, 0, cut);
  return difference >= 0 ? difference : FirstDifference(scratch, cut + 1, expected - outer, outer);
}

}  // namespace

bool OpenOracle() {
  LibunwindLibrary library;
  return library.Open() &&
         library.Find(MEMSHIM_NAME_OF(unw_tdep_getcontext), &g_functions.get_context) &&
         library.Find(MEMSHIM_NAME_OF(unw_init_local), &g_functions.init_local) &&
         library.Find(MEMSHIM_NAME_OF(unw_step), &g_functions.step) &&
         library.Find(MEMSHIM_NAME_OF(unw_get_reg), &g_functions.get_reg) &&
         library.Find(MEMSHIM_NAME_OF(unw_flush_cache), &g_functions.flush_cache) &&
         library.Find(MEMSHIM_NAME_OF(unw_local_addr_space), &g_functions.local_address_space);
}

MEMSHIM_NOINLINE Comparison CompareWithOracle(OracleScratch* scratch, int depth, int limit,
                                              uint32_t generation) {
  // relaxed: a thread that flushes once more or while another does costs nothing but time; each
  // sees the generation of its own event.
  if (g_flushed_generation.exchange(generation, std::memory_order_relaxed) != generation) {
    g_functions.flush_cache(*g_functions.local_address_space, 0, 0);
  }
  const int saved_errno = errno;
  int expected = Walk(scratch);
  errno = saved_errno;
  if (expected > limit && limit < static_cast<int>(ledger::kMaxDepth)) expected = limit;
  const int difference = expected == 0 ? 0 : Compare(*scratch, depth, expected);
  Verdict verdict = difference < 0 ? Verdict::kEqual : Verdict::kDifferent;
  if (expected == 0) verdict = Verdict::kNotCompared;
  // Behind code without description both only guess.
  for (int i = 0; verdict == Verdict::kDifferent && i < difference; ++i) {
    if (!HasDescription(scratch->recorded[i], scratch)) verdict = Verdict::kEqualWhereDescribed;
  }
  return {verdict, difference, depth, expected};
}

}  // namespace memshim::unwind
