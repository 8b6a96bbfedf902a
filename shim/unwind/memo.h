// What a thread remembers of the stack it took last, so that most of the next one need not be
// unwound: the frames, and the words of the stack they were found by.
//
// Why it is exact. By a compact rule the caller's state follows from the frame's own state and at
// most three words of the stack. So where a walk meets a remembered state, and every word that its
// outer frames were found by is unchanged, unwinding them again would find them again. Words are
// compared innermost first and nothing is read behind the first that differs: each address follows
// from what has been compared before, never from a dead frame. A frame pointer is part of the state
// only where an outer frame uses it before it is restored; elsewhere programs compute with it.
// Where it was followed through code without description it was a guess: what it leads to may be
// gone, though nothing else has changed, and the kernel is asked about each page of such a stack.
//
// Stack ids are remembered with the frames: what has not changed is not looked up again.
// Context: hook. Locks: the trie's. Allocates: no. Signals: guarded.
#ifndef MEMSHIM_SHIM_UNWIND_MEMO_H_
#define MEMSHIM_SHIM_UNWIND_MEMO_H_

#include "shim/unwind/code_cache.h"
#include "shim/unwind/stack_trie.h"

namespace memshim::unwind {

// A frame that has just been stepped from.
struct WalkedFrame {
  FrameState state;
  KnownCode code;
};

class Memo {
  struct Frame;

 public:
  // Deeper stacks are not remembered.
  static constexpr int kMaxFrames = 1024;
  // A remembered frame, with all its outer ones; or the place behind the outermost.
  using Place = const Frame*;

  // Forgets everything. Before the first walk.
  void Start() {
    frames_[0].state.stack_pointer = UINT64_MAX;  // no walk gets there
    current_ = last_ = named_ = frames_;
  }

  // A walk begins. What was remembered of other code or of another stack is forgotten.
  // `generation`: of the modules; `readable_moves`: Readable::moves(). Returns where the walk may
  // meet what is remembered.
  MEMSHIM_INLINE Place Begin(uint32_t generation, uint32_t readable_moves) {
    if (generation != generation_ || readable_moves != readable_moves_) [[unlikely]] {
      generation_ = generation;
      readable_moves_ = readable_moves;
      last_ = named_ = frames_;
    }
    return last_;
  }
  uint32_t generation() const { return generation_; }

  // Whether `state`, the walk's next frame, is remembered and all its outer frames are unchanged:
  // then the walk is over, and *met is that frame. Before, it is the innermost one that the walk
  // may still meet. Requires: called with each frame of the walk, innermost first.
  MEMSHIM_INLINE bool Meets(const FrameState& state, Place* met) const {
    while ((*met)->state.stack_pointer < state.stack_pointer) --*met;
    const Frame& frame = **met;
    return frame.state.stack_pointer == state.stack_pointer && frame.state.pc == state.pc &&
           (!frame.needs_frame_pointer || frame.state.frame_pointer == state.frame_pointer) &&
           (frame.is_guess ? IsGuessUnchanged(met) : IsUnchanged(met));
  }

  // How many frames the one there and its outer ones are.
  int DepthAt(Place place) const { return static_cast<int>(place - frames_); }

  // The stack begins with the frame that was met. (Inner ones are kept: a later walk may meet
  // them.)
  void Keep(Place met) { current_ = met; }
  // The stack is `walked`, innermost first, and behind it the frame that was met and its outer
  // ones.
  void Extend(const WalkedFrame* walked, int count, Place met);
  // The stack is `walked`. `end`: the state behind its last frame, of kEndZero; else null.
  void Replace(const WalkedFrame* walked, int count, const FrameState* end);

  // The look-up addresses of the frame at a place and its outer ones, innermost first, as far as
  // there is room. Returns how many.
  int List(Place place, uint64_t* pcs, int room) const;

  // The id of the stack that was walked last. kOutOfSpaceStack: the ledger is full.
  StackId Name(StackTrie* trie) { return named_ >= current_ ? current_->stack : NameNew(trie); }
  // Its innermost frame.
  Place current() const { return current_; }

 private:
  struct Frame {
    FrameState state;
    uint32_t code;             // its id among the ledger's frames
    StackId stack;             // that begins with it; valid up to named_
    uint32_t checks;           // of this frame and all outer ones
    bool needs_frame_pointer;  // its own or an outer step uses it
    bool is_guess;             // its own or an outer step is by chain
  };
  // A word of the stack that the step from a frame has read.
  struct Check {
    const uint64_t* address;
    uint64_t value;
  };
  static constexpr int kChecksOfAFrame = 3;
  // Frames that were named before on top of a stack: their names need not be looked up one after
  // the other. One cache line.
  struct alignas(64) Known {
    static constexpr int kMaxFrames = 7;
    StackId outer;
    int count;  // 0: empty
    uint32_t codes[kMaxFrames];
    StackId stacks[kMaxFrames];
  };
  static constexpr int kKnownBits = 10;

  MEMSHIM_NOINLINE StackId NameNew(StackTrie* trie);
  MEMSHIM_NOINLINE StackId NameOneByOne(StackTrie* trie, Known* known);
  Known* KnownForChanged();
  bool IsUnchanged(Place* met) const;
  MEMSHIM_NOINLINE bool IsGuessUnchanged(Place* met) const;
  MEMSHIM_NOINLINE Place DropChanged(const Check* changed, Place met) const;
  void PushAll(const WalkedFrame* walked, int count, FrameState caller, bool has_caller,
               Place outer);

  uint32_t generation_, readable_moves_;
  Frame* last_;    // innermost frame remembered
  Frame* named_;   // it and its outer ones have their stack ids
  Place current_;  // innermost frame of the stack walked last
  // Outermost first, behind the place that stands for none.
  Frame frames_[1 + kMaxFrames];
  // Outermost first as well; of one frame in the reverse of the order in which they are compared.
  Check checks_[kMaxFrames * kChecksOfAFrame];
  Known known_[1 << kKnownBits];
};

MEMSHIM_INLINE bool Memo::IsUnchanged(Place* met) const {
  const Check* check = checks_ + (*met)->checks;
#pragma GCC unroll 4
  while (check != checks_) {
    --check;
    if (*check->address != check->value) [[unlikely]] {
      *met = DropChanged(check, *met);
      return false;
    }
  }
  return true;
}

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_MEMO_H_
