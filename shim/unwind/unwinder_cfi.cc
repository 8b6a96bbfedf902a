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
      rule = IsUndescribedSignalReturn(pc + 1, &scratch->readable) ? CompactRule{Kind::kFull}
                                                                   : kChainRule;
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
  kKept,           // the memo has found the whole stack
  kOutermost,      // behind the outermost frame, as its state says
  kOutermostZero,  // the same, as its return address is zero
  kLost,           // somewhere on the way: the stack is cut there
  kDeep,           // there may be more frames than the memo keeps
  kFull,           // at a frame that needs all registers, the last of those walked
};

End EndAfter(Step step) {
  switch (step) {
    case Step::kEnd:
      return End::kOutermost;
    case Step::kEndZero:
      return End::kOutermostZero;
    case Step::kFull:
      return End::kFull;
    default:
      return End::kLost;
  }
}

// A walk from frame to frame. Its result: how it has ended, `count` frames in scratch->walked, the
// state behind them, and where it has met the memo.
struct Walk {
  CaptureScratch* const scratch;
  CodeCache* const codes;
  StackTrie* const trie;
  const uint32_t generation;
  Memo::Place met;
  FrameState state;
  const int deepest;  // stack that the memo may find
  int count = 0;

  MEMSHIM_INLINE KnownCode CodeAt(uint64_t pc, const CodeCache::Reader& reader) {
    const KnownCode code = reader.Find(pc);
    return code.is_known() ? code : Learn(pc, generation, scratch, codes, trie);
  }

  // Until it meets the memo, further out than where it begins. (All that changes is copied: stores
  // to frames would make the compiler read it again.)
  MEMSHIM_INLINE End Run(Memo* memo, Memo::Found found) {
    const CodeCache::Reader reader(*codes, generation);
    Readable readable = scratch->readable;
    FrameState frame = state;
    Memo::Place place = met;
    WalkedFrame* walked = scratch->walked;
    End end = End::kDeep;
    uint64_t key = Memo::KeyOf(state);
    while (walked != scratch->walked + Memo::kMaxFrames) {
      const KnownCode code = CodeAt(frame.pc, reader);
      *walked++ = {frame, code};
      const Step step = StepCompactly(code.rule(), &frame, &readable);
      if (step == Step::kCaller) [[likely]] {
        if (memo->Meets(frame, &place, &readable)) {
          end = End::kMet;
        } else {
          if (found != Memo::Found::kMany) continue;
          key = Memo::KeyOf(key, frame.pc);
          found = memo->FindPath(state, key, deepest);
          if (found != Memo::Found::kKept) continue;
          end = End::kKept;
        }
      } else {
        end = EndAfter(step);
      }
      break;
    }
    scratch->readable = readable;
    met = place;
    state = frame;
    count = static_cast<int>(walked - scratch->walked);
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
      const KnownCode code = CodeAt(state.pc, CodeCache::Reader(*codes, generation));
      scratch->pcs[depth++] = state.pc;
      const Step step = StepCompactly(code.rule(), &state, &scratch->readable);
      if (step != Step::kCaller) return step == Step::kFull ? 0 : depth;
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
  if (end == End::kLost && base::IsRestricted()) walk->trie->CountStackMissing();
  if (end != End::kMet) return depth;
  return depth + memo.List(walk->met, scratch->pcs + depth, kMaxCapture - depth);
}

}  // namespace

int CaptureChanged(const FrameState& caller, Memo::Found found, int deepest,
                   CaptureScratch* scratch, Memo* memo, CodeCache* codes, StackTrie* trie) {
  scratch->readable.Begin(caller.stack_pointer);
  Memo::Place met = memo->last();
  if (memo->Meets(caller, &met, &scratch->readable)) {
    memo->Keep(met);
    return kInMemo;
  }
  Walk walk = {scratch, codes, trie, memo->generation(), met, caller, deepest};
  const End end = walk.Run(memo, found);
  if (end == End::kKept) [[likely]]
    return kInMemo;
  if (end == End::kMet && walk.count + memo->DepthAt(walk.met) <= Memo::kMaxFrames) [[likely]] {
    trie->ExpectChild(memo->StackAt(walk.met), scratch->walked[walk.count - 1].code.frame());
    memo->Extend(scratch->walked, walk.count, walk.met);
  } else if (end == End::kOutermost || end == End::kOutermostZero) {
    memo->Replace(scratch->walked, walk.count, end == End::kOutermost ? nullptr : &walk.state);
  } else {
    return ListStack(end, &walk, *memo);
  }
  return kInMemo;
}

}  // namespace memshim::unwind
