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

bool HasDescription(uint64_t pc, OracleScratch* scratch) {
  bool is_signal_frame;
  return FindRowOf(pc, &scratch->cfi, &is_signal_frame) != CfiResult::kNone;
}

struct Expected {
  int depth;
  bool is_whole;  // false: code without description ended it
};

// The caller's stack as look-up addresses, innermost first, without frames of this library. Up to
// the first frame of code without description: behind it both unwinders only guess, and libunwind
// believes what it has guessed enough to read wherever that leads (seen: the program's SIGSEGV
// handler was called).
MEMSHIM_NOINLINE Expected Walk(OracleScratch* scratch) {
  unw_context_t* context = reinterpret_cast<unw_context_t*>(scratch->context);
  unw_cursor_t* cursor = reinterpret_cast<unw_cursor_t*>(scratch->cursor);
  if (g_functions.get_context(context) != 0 || g_functions.init_local(cursor, context) != 0) {
    return {0, false};
  }
  int depth = 0;
  bool is_exact = true;  // the first address is our own, not a return address
  do {
    unw_word_t address = 0;
    if (g_functions.get_reg(cursor, UNW_REG_IP, &address) != 0 || address == 0) break;
    const uint64_t pc = address - (is_exact ? 0 : 1);
    if (depth != 0 || !IsOwnCode(pc)) scratch->expected[depth++] = pc;
    if (!HasDescription(pc, scratch)) return {depth, false};
    // Asked of the code: unw_is_signal_frame of libunwind 1.6 knows only frames that it had to
    // recognize itself, not those with a description.
    is_exact = IsSignalReturn(address);
  } while (depth < kMaxCapture && g_functions.step(cursor) > 0);
  return {depth, true};
}

// Compares `count` frames, from recorded[i] and expected[j] on. -1: equal, else the innermost
// index into `recorded` that differs.
int FirstDifference(const OracleScratch& scratch, int i, int j, int count) {
  for (int k = 0; k < count; ++k) {
    if (scratch.recorded[i + k] != scratch.expected[j + k]) return i + k;
  }
  return -1;
}

// -1: the stacks are equal, as far as the expected one goes.
int Compare(const OracleScratch& scratch, int recorded, const Expected& expected) {
  int inner = 0;  // frames before the mark of a stack that was cut in the middle
  while (inner < recorded && scratch.recorded[inner] != kCutPc) ++inner;
  const bool is_cut = inner < recorded;
  const int common = inner < expected.depth ? inner : expected.depth;
  const int difference = FirstDifference(scratch, 0, 0, common);
  if (difference >= 0) return difference;
  if (!expected.is_whole) return expected.depth > inner && !is_cut ? common : -1;
  if (!is_cut) return recorded == expected.depth ? -1 : common;
  const int outer = recorded - inner - 1;
  if (expected.depth < recorded) return common;
  return FirstDifference(scratch, inner + 1, expected.depth - outer, outer);
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
  Expected expected = Walk(scratch);
  errno = saved_errno;
  if (expected.depth > limit && limit < static_cast<int>(ledger::kMaxDepth)) {
    expected = {limit, true};
  }
  if (expected.depth == 0) return {Verdict::kNotCompared, 0, 0, depth, 0};
  const int difference = Compare(*scratch, depth, expected);
  // Nothing was recorded behind the code without description: the loader's first instructions.
  if (depth == expected.depth) expected.is_whole = true;
  const Verdict verdict = difference >= 0     ? Verdict::kDifferent
                          : expected.is_whole ? Verdict::kEqual
                                              : Verdict::kEqualWhereDescribed;
  // Behind the mark of a cut stack frames are counted from the outermost one.
  bool is_behind_cut = false;
  for (int i = 0; i < difference; ++i) is_behind_cut |= scratch->recorded[i] == kCutPc;
  const int expected_frame = is_behind_cut ? expected.depth - (depth - difference) : difference;
  return {verdict, difference, expected_frame, depth, expected.depth};
}

}  // namespace memshim::unwind
