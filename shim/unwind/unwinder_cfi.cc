// The engine `unwinder=cfi`: our own, by call frame information. It takes no lock but the trie's,
// opens nothing, calls nothing of the program's but _dl_find_object (lock-free), and never relies
// on frame pointers where a description exists.
//
//   the hook's caller -> compact step -> compact step -> a frame of the memo: the rest is known
//
// A stack with a frame that no compact rule leaves is taken anew with all registers.
#include "shim/base/attributes.h"
#include "shim/unwind/code_cache.h"
#include "shim/unwind/memo.h"
#include "shim/unwind/modules.h"
#include "shim/unwind/unwinder.h"

namespace memshim::unwind {
namespace {

using Kind = CompactRule::Kind;

constinit CodeCache g_codes;

MEMSHIM_NOINLINE KnownCode Learn(uint64_t pc, uint32_t generation, CaptureScratch* scratch,
                                 StackTrie* trie) {
  KnownCode code;
  bool is_signal_frame = false;
  switch (FindRowOf(pc, &scratch->cfi, &is_signal_frame)) {
    case CfiResult::kFound:
      code.rule = is_signal_frame ? CompactRule{Kind::kFull} : CompactForm(scratch->cfi.row);
      break;
    case CfiResult::kNone:
      code.rule = kChainRule;
      break;
    case CfiResult::kBroken:
      code.rule = {Kind::kOutermost};
      break;
  }
  code.frame = trie->FrameFor(pc);
  if (code.frame != 0) g_codes.Put(pc, generation, code);
  return code;
}

// How a walk has ended.
enum class End {
  kMet,        // at a frame of the memo
  kOutermost,  // at the outermost frame
  kLost,       // somewhere on the way: the stack is cut there
  kDeep,       // there may be more frames than we keep
  kFull,       // at a frame that needs all registers
};

struct Walk {
  End end;
  int count;           // frames walked: in scratch->pcs, the first of them in memo's `walked`
  bool has_end_state;  // of kOutermost: `last` is the state behind
  FrameState last;
};

Walk WalkFrom(const FrameState& caller, uint32_t generation, CaptureScratch* scratch, Memo* memo,
              StackTrie* trie) {
  Walk walk = {End::kDeep, 0, false, caller};
  FrameState& state = walk.last;
  while (walk.count < kMaxCapture) {
    if (memo->Meets(state)) {
      walk.end = End::kMet;
      return walk;
    }
    KnownCode code = g_codes.Find(state.pc, generation);
    if (code.rule.kind == Kind::kNone) [[unlikely]]
      code = Learn(state.pc, generation, scratch, trie);
    if (code.rule.kind == Kind::kFull) [[unlikely]] {
      walk.end = End::kFull;
      return walk;
    }
    if (walk.count < Memo::kMaxFrames) scratch->walked[walk.count] = {state, code};
    scratch->pcs[walk.count++] = state.pc;
    const Step step = StepCompactly(code.rule, &state, &scratch->readable);
    if (step == Step::kCaller) [[likely]]
      continue;
    walk.end = step == Step::kUnknown ? End::kLost : End::kOutermost;
    walk.has_end_state = step == Step::kEndZero;
    return walk;
  }
  return walk;
}

}  // namespace

CfiResult FindRowOf(uint64_t pc, CfiScratch* scratch, bool* is_signal_frame) {
  ModuleInfo module;
  *is_signal_frame = false;
  if (!FindModule(pc, &module) || module.eh_frame_header == 0) return CfiResult::kNone;
  return FindRow({module.start, module.end}, module.eh_frame_header, pc, scratch, is_signal_frame);
}

bool OpenCfi() { return g_codes.Start(); }

MEMSHIM_NOINLINE int CaptureByCfi(const FrameState& caller, CaptureScratch* scratch, Memo* memo,
                                  StackTrie* trie) {
  const uint32_t generation = trie->generation();
  scratch->readable.Begin(caller.stack_pointer);
  memo->Begin(generation, scratch->readable.moves());
  const Walk walk = WalkFrom(caller, generation, scratch, memo, trie);
  if (walk.end == End::kFull) return CaptureFully(scratch);
  const int met = walk.end == End::kMet ? memo->met() : 0;
  if (walk.count + met <= Memo::kMaxFrames) {
    if (walk.end == End::kMet) {
      memo->Extend(scratch->walked, walk.count);
      return kInMemo;
    }
    if (walk.end == End::kOutermost) {
      memo->Replace(scratch->walked, walk.count, walk.has_end_state ? &walk.last : nullptr);
      return kInMemo;
    }
  }
  return walk.count + memo->List(met, scratch->pcs + walk.count, kMaxCapture - walk.count);
}

}  // namespace memshim::unwind
