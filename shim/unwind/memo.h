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
//
// Programs come from the same outer frames by a few ways, time and again. So the last frames that
// were found changed, on top of others, are kept as well (`Path`): where a walk begins in the same
// state, the words that led outwards are the same, and there it meets the same remembered stack,
// it is the same way to the same id, for the same reason.
// Context: hook. Locks: the trie's. Allocates: no. Signals: guarded.
#ifndef MEMSHIM_SHIM_UNWIND_MEMO_H_
#define MEMSHIM_SHIM_UNWIND_MEMO_H_

#include <bit>

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
    ++age_;  // the paths of the thread that had the slot before were through code of then
    turns_ = 0;
    credit_ = kMostCredit;
  }

  // A walk begins. What was remembered of other code or of another stack is forgotten.
  // `generation`: of the modules; `readable_moves`: Readable::moves(). Returns where the walk may
  // meet what is remembered.
  MEMSHIM_INLINE Place Begin(uint32_t generation, uint32_t readable_moves) {
    if (generation != generation_ || readable_moves != readable_moves_) [[unlikely]] {
      generation_ = generation;
      readable_moves_ = readable_moves;
      last_ = named_ = frames_;
      ++age_;
    }
    return last_;
  }
  uint32_t generation() const { return generation_; }

  // Whether `state`, the walk's next frame, is remembered and all its outer frames are unchanged:
  // then the walk is over, and *met is that frame. Before, it is the innermost one that the walk
  // may still meet. Requires: called with each frame of the walk, innermost first.
  MEMSHIM_INLINE bool Meets(const FrameState& state, Place* met, Readable* readable) const {
    while ((*met)->state.stack_pointer < state.stack_pointer) --*met;
    const Frame& frame = **met;
    return frame.state.stack_pointer == state.stack_pointer && frame.state.pc == state.pc &&
           (!frame.needs_frame_pointer || frame.state.frame_pointer == state.frame_pointer) &&
           (frame.is_guess ? IsGuessUnchanged(met, readable) : IsUnchanged(met));
  }

  // How many frames the one there and its outer ones are.
  int DepthAt(Place place) const { return static_cast<int>(place - frames_); }

  // The stack begins with the frame that was met. (Inner ones are kept: a later walk may meet
  // them.)
  void Keep(Place met) {
    current_ = met;
    path_ = nullptr;
  }
  // Whether the stack that begins with `first` came by a remembered path to a remembered frame:
  // kKept: it does and is kept, the walk is over; kMany: several begin so, but another one may
  // still be it. `key`: KeyOf the frames walked so far; *met: as of Meets. No more than `deepest`
  // frames.
  enum class Found { kNone, kMany, kKept };
  // What to begin with: kMany, or kNone where it is not worth the while.
  Found BeginPath() const { return LooksForPaths() ? Found::kMany : Found::kNone; }
  MEMSHIM_INLINE Found FindPath(const FrameState& first, uint64_t key, int deepest, Place* met,
                                Readable* readable);
  static uint64_t KeyOf(const FrameState& first) { return std::rotl(first.stack_pointer, 40); }
  static uint64_t KeyOf(uint64_t key, uint64_t pc) { return (key ^ pc) * base::kHashFactor; }
  // The stack is `walked`, innermost first, and behind it the frame that was met and its outer
  // ones.
  void Extend(const WalkedFrame* walked, int count, Place met);
  // The stack is `walked`. `end`: the state behind its last frame, of kEndZero; else null.
  void Replace(const WalkedFrame* walked, int count, const FrameState* end);

  // How many frames the stack has that was walked last.
  int depth() const { return DepthAt(current_) + (path_ == nullptr ? 0 : path_->frames); }

  // The look-up addresses of the frame at a place and its outer ones, innermost first, as far as
  // there is room. Returns how many.
  int List(Place place, uint64_t* pcs, int room) const;

  // The id of the stack that was walked last. kOutOfSpaceStack: the ledger is full.
  MEMSHIM_INLINE StackId Name(StackTrie* trie) {
    if (path_ != nullptr) return path_->stack;
    return named_ >= current_ ? current_->stack : NameNew(trie);
  }
  // Its innermost frame; where it came by a path, the one that the path led to.
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
  // Frames on top of a remembered one.
  struct alignas(64) Path {
    static constexpr int kMaxChecks = 10;
    FrameState first;  // where the walk begins
    FrameState outer;  // the remembered frame that it leads to
    StackId outer_stack, stack;
    uint32_t age;
    uint16_t frames;
    uint8_t checks;
    bool needs_frame_pointer;  // as of Frame, of the first
    // The words that lead outwards, in the order in which they are compared. 32 bits: on one stack.
    uint64_t values[kMaxChecks];
    uint32_t distances[kMaxChecks];  // of their addresses from first.stack_pointer
  };
  static constexpr int kPathBits = 9;
  // Two paths that begin alike have room.
  struct Pair {
    Path paths[2];
  };

  // The first of this many frames tell paths apart in the table; the words, in the end.
  static constexpr int kKeyFrames = 4;

  bool BeginsWith(const Path& path, const FrameState& first) const {
    return path.first.stack_pointer == first.stack_pointer && path.first.pc == first.pc &&
           path.age == age_ &&
           (!path.needs_frame_pointer || path.first.frame_pointer == first.frame_pointer);
  }
  // Requires: BeginsWith.
  static bool LeadsOutwards(const Path& path, const FrameState& first) {
    for (int i = 0; i < path.checks; ++i) {
      const uint64_t address = first.stack_pointer + path.distances[i];
      if (*reinterpret_cast<const uint64_t*>(address) != path.values[i]) return false;
    }
    return true;
  }
  // Where paths seldom come again, they are seldom looked for.
  static constexpr int32_t kMostCredit = 256;
  // Whether the path that was not found is to be remembered.
  bool MissPath() {
    ++turns_;
    if (credit_ > 0) --credit_;
    return LooksForPaths();
  }
  bool LooksForPaths() const { return credit_ > 0 || turns_ % 16 == 0; }
  Pair* PairAt(uint64_t key) { return &pairs_[key >> (64 - kPathBits)]; }

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
  StackId NameChanged(StackTrie* trie);
  MEMSHIM_NOINLINE StackId NameOneByOne(StackTrie* trie, Known* known);
  Known* KnownForChanged();
  void RememberPath(Place outer);
  bool IsUnchanged(Place* met) const;
  bool IsGuessUnchanged(Place* met, Readable* readable) const {
    Readable::Asked asked = readable->asked();  // a copy: a walk's is to stay in registers
    const bool is_unchanged = IsGuessUnchanged(met, &asked);
    readable->asked() = asked;
    return is_unchanged;
  }
  MEMSHIM_NOINLINE bool IsGuessUnchanged(Place* met, Readable::Asked* asked) const;
  MEMSHIM_NOINLINE Place DropChanged(const Check* changed, Place met) const;
  void PushAll(const WalkedFrame* walked, int count, FrameState caller, bool has_caller,
               Place outer);

  uint32_t generation_, readable_moves_;
  Frame* last_;       // innermost frame remembered
  Frame* named_;      // it and its outer ones have their stack ids
  Place current_;     // innermost frame of the stack walked last, behind path_
  const Path* path_;  // by which it came there; null: none
  uint32_t age_;      // paths of another one are no longer valid
  uint32_t turns_;    // of paths that were not found
  int32_t credit_;    // found less not found
  // Outermost first, behind the place that stands for none.
  Frame frames_[1 + kMaxFrames];
  // Outermost first as well; of one frame in the reverse of the order in which they are compared.
  Check checks_[kMaxFrames * kChecksOfAFrame];
  Pair pairs_[1 << kPathBits];
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

MEMSHIM_INLINE Memo::Found Memo::FindPath(const FrameState& first, uint64_t key, int deepest,
                                          Place* met, Readable* readable) {
  int count = 0;
  for (const Path& path : PairAt(key)->paths) {
    if (!BeginsWith(path, first)) continue;
    ++count;
    if (!LeadsOutwards(path, first)) continue;
    if (!Meets(path.outer, met, readable) || *met > named_ || (*met)->stack != path.outer_stack ||
        DepthAt(*met) + path.frames > deepest) {
      return Found::kNone;
    }
    current_ = *met;
    path_ = &path;
    if (credit_ < kMostCredit) ++credit_;
    return Found::kKept;
  }
  return count == 2 ? Found::kMany : Found::kNone;
}

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_MEMO_H_
