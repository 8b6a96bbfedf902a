// What a thread remembers of the stack it took last, so that most of the next one need not be
// unwound: the frames, and the words of the stack they were found by.
//
// Why it is exact. By a compact rule the caller's state follows from the frame's own state and at
// most three words of the stack. So where a walk meets a remembered state, and every word that its
// outer frames were found by is unchanged, unwinding them again would find them again. Words are
// compared innermost first and nothing is read behind the first that differs: each address follows
// from what has been compared before, never from a dead frame. A frame pointer is part of the state
// only where an outer frame uses it before it is restored; elsewhere programs compute with it.
//
// Stack ids are remembered with the frames: what has not changed is not looked up again.
// Context: hook. Locks: the trie's. Allocates: no. Signals: guarded. Zero-filled memory is ready.
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
 public:
  // Deeper stacks are not remembered.
  static constexpr int kMaxFrames = 1024;

  // A walk begins. What was remembered of other code or of another stack is forgotten.
  // `generation`: of the modules; `readable_moves`: Readable::moves().
  void Begin(uint32_t generation, uint32_t readable_moves) {
    if (generation != generation_ || readable_moves != readable_moves_) [[unlikely]] {
      generation_ = generation;
      readable_moves_ = readable_moves;
      depth_ = named_ = 0;
    }
    candidates_ = depth_;
  }

  // Whether `state`, the walk's next frame, is remembered and all its outer frames are unchanged:
  // then the walk is over. Requires: called with each frame of the walk, innermost first.
  MEMSHIM_INLINE bool Meets(const FrameState& state) {
    while (candidates_ > 0 && frames_[candidates_ - 1].state.stack_pointer < state.stack_pointer) {
      --candidates_;
    }
    if (candidates_ == 0) return false;
    const Frame& frame = frames_[candidates_ - 1];
    return frame.state.stack_pointer == state.stack_pointer && frame.state.pc == state.pc &&
           (!frame.needs_frame_pointer || frame.state.frame_pointer == state.frame_pointer) &&
           IsUnchanged();
  }

  // After Meets: how many frames the met one and its outer ones are.
  int met() const { return candidates_; }

  // The stack is `walked`, innermost first, and behind it the frames that were met. (Where the
  // first frame is met, inner ones are kept instead: a later walk may meet them.)
  void Extend(const WalkedFrame* walked, int count);
  // The stack is `walked`. `end`: the state behind its last frame, of kEndZero; else null.
  void Replace(const WalkedFrame* walked, int count, const FrameState* end);

  // The look-up addresses of the `count` outermost frames, innermost first, as far as there is
  // room. Returns how many.
  int List(int count, uint64_t* pcs, int room) const;

  // The id of the stack that was walked last. kOutOfSpaceStack: the ledger is full.
  StackId Name(StackTrie* trie) { return named_ >= current_ ? Current() : NameNew(trie); }
  // Its frames.
  int depth() const { return current_; }

 private:
  struct Frame {
    FrameState state;
    uint32_t code;             // its id among the ledger's frames
    StackId stack;             // that begins with it; valid below named_
    uint32_t checks;           // of this frame and all outer ones
    bool needs_frame_pointer;  // its own or an outer step uses it
  };
  // A word of the stack that the step from a frame has read.
  struct Check {
    const uint64_t* address;
    uint64_t value;
  };
  static constexpr int kChecksOfAFrame = 3;

  StackId Current() const { return frames_[current_ - 1].stack; }
  MEMSHIM_NOINLINE StackId NameNew(StackTrie* trie);
  bool IsUnchanged();
  MEMSHIM_NOINLINE bool DropChanged(const Check* changed);
  void PushAll(const WalkedFrame* walked, int count, const FrameState* caller);
  void Push(const WalkedFrame& walked, const FrameState* caller);
  void AddCheck(uint64_t address, uint64_t value) {
    checks_[check_count_++] = {reinterpret_cast<const uint64_t*>(address), value};
  }

  uint32_t generation_, readable_moves_;
  int depth_;       // frames remembered; outermost first
  int named_;       // so many of the outermost have their stack ids
  int candidates_;  // frames that the walk may still meet
  int current_;     // frames of the stack walked last, the outermost ones of those remembered
  uint32_t check_count_;
  Frame frames_[kMaxFrames];
  // Outermost first as well; of one frame in the reverse of the order in which they are compared.
  Check checks_[kMaxFrames * kChecksOfAFrame];
};

MEMSHIM_INLINE bool Memo::IsUnchanged() {
  const Check* check = checks_ + frames_[candidates_ - 1].checks;
#pragma GCC unroll 4
  while (check != checks_) {
    --check;
    if (*check->address != check->value) [[unlikely]]
      return DropChanged(check);
  }
  current_ = candidates_;
  return true;
}

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_MEMO_H_
