// The engine `unwinder=cfi`: our own, by call frame information. It takes no lock but its tables',
// opens nothing, calls nothing of the program's but _dl_find_object (lock-free), and never relies
// on frame pointers where a description exists.
//
//   the hook's caller -> compact step -> compact step -> a frame of the memo: the rest is known
//
// A stack with a frame that no compact rule leaves is taken anew with all registers.
#include "shim/base/attributes.h"
#include "shim/base/restricted.h"
#include "shim/unwind/code_cache.h"
#include "shim/unwind/memo.h"
#include "shim/unwind/modules.h"
#include "shim/unwind/unwinder.h"

namespace memshim::unwind {
namespace {

using Kind = CompactRule::Kind;

MEMSHIM_NOINLINE KnownCode Learn(uint64_t pc, uint32_t generation, CaptureScratch* scratch,
                                 CodeCache* codes, StackTrie* trie) {
  CompactRule rule;
  bool is_signal_frame = false;
  switch (FindRowOf(pc, &scratch->cfi, &is_signal_frame)) {
    case CfiResult::kFound:
      rule = is_signal_frame ? CompactRule{Kind::kFull} : CompactForm(scratch->cfi.row);
      break;
    case CfiResult::kNone:
      rule = kChainRule;
      break;
    case CfiResult::kBroken:
      rule = {Kind::kOutermost};
      break;
  }
  const KnownCode code(PackedRule(rule), trie->FrameFor(pc));
  codes->Put(pc, generation, code);
  return code;
}

// How a walk has ended.
enum class End {
  kMet,            // at a frame of the memo
  kOutermost,      // behind the outermost frame, as its state says
  kOutermostZero,  // the same, as its return address is zero
  kLost,           // somewhere on the way: the stack is cut there
  kDeep,           // there may be more frames than the memo keeps
  kFull,           // at a frame that needs all registers
};

// A walk from frame to frame. Its result: how it has ended, `count` frames in scratch->walked, and
// the state behind them.
struct Walk {
  CaptureScratch* const scratch;
  CodeCache* const codes;
  StackTrie* const trie;
  const uint32_t generation;
  int count = 0;
  FrameState state;

  MEMSHIM_INLINE KnownCode CodeAt(uint64_t pc) {
    const KnownCode code = codes->Find(pc, generation);
    return code.is_known() ? code : Learn(pc, generation, scratch, codes, trie);
  }

  // Until it meets the memo, further out than where it begins.
  MEMSHIM_INLINE End Run(Memo* memo) {
    FrameState frame = state;
    End end = End::kDeep;
    int walked = 0;
    while (walked < Memo::kMaxFrames) {
      const KnownCode code = CodeAt(frame.pc);
      if (code.rule().kind() == Kind::kFull) [[unlikely]] {
        end = End::kFull;
        break;
      }
      scratch->walked[walked++] = {frame, code};
      const Step step = StepCompactly(code.rule(), &frame, &scratch->readable);
      if (step == Step::kCaller) [[likely]] {
        if (!memo->Meets(frame)) continue;
        end = End::kMet;
        break;
      }
      end = step == Step::kUnknown ? End::kLost
            : step == Step::kEnd   ? End::kOutermost
                                   : End::kOutermostZero;
      break;
    }
    state = frame;
    count = walked;
    return end;
  }

  // The addresses of the frames walked so far, in scratch->pcs.
  int List() const {
    for (int i = 0; i < count; ++i) scratch->pcs[i] = scratch->walked[i].state.pc;
    return count;
  }

  // The same with those that follow. kFull: 0.
  MEMSHIM_NOINLINE int ListDeep() {
    for (int depth = List(); depth < kMaxCapture;) {
      const KnownCode code = CodeAt(state.pc);
      if (code.rule().kind() == Kind::kFull) return 0;
      scratch->pcs[depth++] = state.pc;
      if (StepCompactly(code.rule(), &state, &scratch->readable) != Step::kCaller) return depth;
    }
    return kMaxCapture;
  }
};

// A stack that the memo cannot keep.
MEMSHIM_NOINLINE int ListStack(End end, Walk* walk, const Memo& memo) {
  CaptureScratch* scratch = walk->scratch;
  if (end == End::kDeep) {
    const int depth = walk->ListDeep();
    if (depth != 0) return depth;
    end = End::kFull;
  }
  if (end == End::kFull) return CaptureFully(scratch);
  const int depth = walk->List();
  // Where memory may not be asked for any more, stacks end with the pages seen before.
  if (end == End::kLost && base::g_is_restricted) walk->trie->CountStackMissing();
  if (end != End::kMet) return depth;
  return depth + memo.List(memo.met(), scratch->pcs + depth, kMaxCapture - depth);
}

}  // namespace

CfiResult FindRowOf(uint64_t pc, CfiScratch* scratch, bool* is_signal_frame) {
  ModuleInfo module;
  *is_signal_frame = false;
  if (!FindModule(pc, &module) || module.eh_frame_header == 0) return CfiResult::kNone;
  return FindRow({module.start, module.end}, module.eh_frame_header, pc, scratch, is_signal_frame);
}

int CaptureChanged(const FrameState& caller, CaptureScratch* scratch, Memo* memo, CodeCache* codes,
                   StackTrie* trie, uint32_t generation) {
  Walk walk = {scratch, codes, trie, generation, 0, caller};
  const End end = walk.Run(memo);
  if (end == End::kMet && walk.count + memo->met() <= Memo::kMaxFrames) [[likely]] {
    memo->Extend(scratch->walked, walk.count);
  } else if (end == End::kOutermost || end == End::kOutermostZero) {
    memo->Replace(scratch->walked, walk.count, end == End::kOutermost ? nullptr : &walk.state);
  } else {
    return ListStack(end, &walk, *memo);
  }
  return kInMemo;
}

}  // namespace memshim::unwind
