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
    for (int i = 0; i < kPadding; ++i) checks_[i] = {&checks_[i].value, 0};
    frames_[0].checks = kPadding;
    current_ = last_ = named_ = frames_;
    ++age_;  // the paths of the thread that had the slot before were through code of then
    turns_ = 0;
    credit_ = kMostCredit;
  }

  // A walk begins. What was remembered of other code or of another stack is forgotten.
  // `generation`: of the modules; `readable_moves`: Readable::moves().
  void Begin(uint32_t generation, uint32_t readable_moves) {
    if (IsOf(generation, readable_moves)) return;
    generation_ = generation;
    readable_moves_ = readable_moves;
    current_ = last_ = named_ = frames_;
    ++age_;
  }
  // Whether that forgets nothing.
  bool IsOf(uint32_t generation, uint32_t readable_moves) const {
    return generation == generation_ && readable_moves == readable_moves_;
  }
  // The innermost frame that is remembered: where a walk may meet it.
  Place last() const { return last_; }
  uint32_t generation() const { return generation_; }

  // Whether `state`, the walk's next frame, is remembered and all its outer frames are unchanged:
  // then the walk is over, and *met is that frame. Before, it is the innermost one that the walk
  // may still meet. Requires: called with each frame of the walk, innermost first.
  MEMSHIM_INLINE bool Meets(const FrameState& state, Place* met, Readable* readable) const {
    while ((*met)->state.stack_pointer < state.stack_pointer) --*met;
    const Frame& frame = **met;
    if (!IsSame(frame.state, state, frame.needs_frame_pointer)) return false;
    const Check* changed =
        frame.is_guess ? FindChangedOfGuess(frame, readable) : FindChanged(frame);
    if (changed == nullptr) [[likely]]
      return true;
    *met = DropChanged(changed, *met);
    return false;
  }

  // The id of the stack that begins with the frame there, if it has been named since.
  static StackId StackAt(Place place) { return place->stack; }
  // How many frames the one there and its outer ones are.
  static int DepthAt(Place place) { return place->depth; }

  // The stack begins with the frame that was met. (Inner ones are kept: a later walk may meet
  // them.)
  void Keep(Place met) {
    current_ = FrameAt(met);
    path_ = nullptr;
  }
  // Whether the stack that begins with `first` came by a remembered path to a remembered frame:
  // kKept: it does and is kept, the walk is over; kMany: several begin so, but another one may
  // still be it; kNotSought: nobody has asked yet. `key`: KeyOf the frames walked so far. No more
  // than `deepest` frames.
  enum class Found { kNotSought, kNone, kMany, kKept };
  MEMSHIM_INLINE Found FindPath(const FrameState& first, uint64_t key, int deepest);
  // The same before the first step of a walk; and whether the stack begins with the frame at
  // current(), unchanged.
  MEMSHIM_INLINE Found Recall(const FrameState& first, int deepest);
  static uint64_t KeyOf(const FrameState& first) {
    return KeyOf(std::rotl(first.stack_pointer, 40), first.pc);
  }
  static uint64_t KeyOf(uint64_t key, uint64_t pc) { return (key ^ pc) * base::kHashFactor; }
  // The stack is `walked`, innermost first, and behind it the frame that was met and its outer
  // ones.
  void Extend(const WalkedFrame* walked, int count, Place met);
  // The stack is `walked`. `end`: the state behind its last frame, of kEndZero; else null.
  void Replace(const WalkedFrame* walked, int count, const FrameState* end);

  // How many frames the stack has that was walked last.
  int depth() const { return path_ == nullptr ? DepthAt(current_) : path_->depth; }

  // The look-up addresses of the frame at a place and its outer ones, innermost first, as far as
  // there is room. Returns how many.
  int List(Place place, uint64_t* pcs, int room) const;

  // The id of the stack that was walked last. kOutOfSpaceStack: the ledger is full.
  StackId Name(StackTrie* trie) {
    const StackId stack = KnownName();
    return stack != kUnnamed ? stack : NameNew(trie);
  }
  // The same; kUnnamed where it has none yet.
  MEMSHIM_INLINE StackId KnownName() const {
    if (path_ != nullptr) return path_->stack;
    return named_ >= current_ ? current_->stack : kUnnamed;
  }
  static constexpr StackId kUnnamed = 0;  // the root, which is no stack
  // What the memo's user keeps with the stack that was walked last, as long as the way it came is
  // remembered; 0 at first.
  MEMSHIM_INLINE uint64_t* Note() { return path_ != nullptr ? &path_->note : &current_->note; }
  // Its innermost frame; where it came by a path, the one that the path led to.
  Place current() const { return current_; }

 private:
  struct Frame {
    FrameState state;
    uint32_t code;             // its id among the ledger's frames
    StackId stack;             // that begins with it; valid up to named_
    uint32_t checks;           // of this frame and all outer ones, and kPadding
    bool needs_frame_pointer;  // its own or an outer step uses it
    bool is_guess;             // its own or an outer step is by chain
    uint16_t depth;            // how many frames it and its outer ones are
    uint64_t note;
  };
  // A word of the stack that the step from a frame has read.
  struct Check {
    const uint64_t* address;
    uint64_t value;
  };
  static constexpr int kChecksOfAFrame = 3;
  // Words are compared so many at a time, innermost first all the same: of how many times that is
  // the processor guesses better than of a number that differs at each event.
  static constexpr int kStride = 4;
  static constexpr int kPadding = kStride - 1;  // behind the outermost: checks that hold always
  // Frames on top of a remembered one. Its first cache line tells whether it may be the one.
  struct alignas(64) Path {
    static constexpr int kMaxChecks = 3 * kStride;
    FrameState first;  // where the walk begins
    Place outer;       // the remembered frame that it leads to, and what that was
    uint64_t outer_stack_pointer, outer_frame_pointer;
    StackId outer_stack, stack;
    uint32_t age;
    uint16_t depth;            // of the whole stack
    uint8_t checks;            // a multiple of kStride
    bool needs_frame_pointer;  // as of Frame, of the first
    // The words that lead outwards, in the order in which they are compared, and how many words
    // from first.stack_pointer they lie; up to the stride the first one again.
    uint64_t values[kMaxChecks];
    uint16_t distances[kMaxChecks];
    uint64_t note;
  };
  static_assert(sizeof(Path) == 192);
  static constexpr int kPathBits = 9;
  // Two paths that begin alike have room.
  struct Pair {
    Path paths[2];
  };

  // The first of this many frames tell paths apart in the table; the words, in the end.
  static constexpr int kKeyFrames = 4;

  // Whether two states are one to all that outer steps may use.
  static bool IsSame(const FrameState& a, const FrameState& b, bool needs_frame_pointer) {
    const uint64_t frame_pointers = a.frame_pointer ^ b.frame_pointer;
    return ((a.stack_pointer ^ b.stack_pointer) | (a.pc ^ b.pc) |
            (needs_frame_pointer ? frame_pointers : 0)) == 0;
  }
  Frame* FrameAt(Place place) { return frames_ + (place - frames_); }
  bool BeginsWith(const Path& path, const FrameState& first) const {
    return IsSame(path.first, first, path.needs_frame_pointer) && path.age == age_;
  }
  // Requires: BeginsWith.
  static bool LeadsOutwards(const Path& path, const FrameState& first) {
    const uint64_t* words = reinterpret_cast<const uint64_t*>(first.stack_pointer);
    for (int i = 0; i < path.checks; i += kStride) {
#pragma GCC unroll 4
      for (int j = i; j < i + kStride; ++j) {
        if (words[path.distances[j]] != path.values[j]) return false;
      }
    }
    return true;
  }
  // Whether the frame that it leads to is there still, and how that was come by.
  bool LeadsToRemembered(const Path& path) const {
    const Frame& outer = *path.outer;
    // (The id tells the addresses of the frame and its outer ones.)
    return path.outer <= named_ && !outer.is_guess &&
           IsSame(outer.state, {outer.state.pc, path.outer_stack_pointer, path.outer_frame_pointer},
                  outer.needs_frame_pointer) &&
           outer.stack == path.outer_stack && FindChanged(outer) == nullptr;
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
  static uint64_t PairOf(uint64_t key) { return key >> (64 - kPathBits); }

  MEMSHIM_NOINLINE StackId NameNew(StackTrie* trie);
  StackId NameChanged(StackTrie* trie);
  Path& RoomForPath(int frames);
  void RememberPath(Place outer);
  // The innermost of the words of a frame and its outer ones that is another one now; null: none.
  const Check* FindChanged(const Frame& frame) const;
  const Check* FindChangedOfGuess(const Frame& frame, Readable* readable) const {
    Readable::Asked asked = readable->asked();  // a copy: a walk's is to stay in registers
    const Check* changed = FindChangedOfGuess(frame, &asked);
    readable->asked() = asked;
    return changed;
  }
  MEMSHIM_NOINLINE const Check* FindChangedOfGuess(const Frame& frame,
                                                   Readable::Asked* asked) const;
  MEMSHIM_NOINLINE Place DropChanged(const Check* changed, Place met) const;
  void PushAll(const WalkedFrame* walked, int count, FrameState caller, bool has_caller,
               Place outer);

  uint32_t generation_, readable_moves_;
  Frame* last_;     // innermost frame remembered
  Frame* named_;    // it and its outer ones have their stack ids
  Frame* current_;  // innermost frame of the stack walked last, behind path_
  Path* path_;      // by which it came there; null: none
  uint32_t age_;    // paths of another one are no longer valid
  uint32_t turns_;  // of paths that were not found
  int32_t credit_;  // found less not found
  // Outermost first, behind the place that stands for none.
  Frame frames_[1 + kMaxFrames];
  // Outermost first as well; of one frame in the reverse of the order in which they are compared.
  Check checks_[kPadding + kMaxFrames * kChecksOfAFrame];
  Pair pairs_[1 << kPathBits];
  uint8_t older_[1 << kPathBits];  // of each pair
};

MEMSHIM_INLINE const Memo::Check* Memo::FindChanged(const Frame& frame) const {
  for (const Check* end = checks_ + frame.checks; end > checks_ + kPadding; end -= kStride) {
#pragma GCC unroll 4
    for (int i = 1; i <= kStride; ++i) {
      if (*end[-i].address != end[-i].value) [[unlikely]]
        return &end[-i];
    }
  }
  return nullptr;
}

MEMSHIM_INLINE Memo::Found Memo::FindPath(const FrameState& first, uint64_t key, int deepest) {
  int count = 0;
  for (Path& path : pairs_[PairOf(key)].paths) {
    if (!BeginsWith(path, first)) continue;
    ++count;
    if (!LeadsOutwards(path, first)) continue;
    if (path.depth > deepest || !LeadsToRemembered(path)) return Found::kNone;
    current_ = FrameAt(path.outer);
    path_ = &path;
    if (credit_ < kMostCredit) ++credit_;
    return Found::kKept;
  }
  return count == 2 ? Found::kMany : Found::kNone;
}

MEMSHIM_INLINE Memo::Found Memo::Recall(const FrameState& first, int deepest) {
  const Frame& last = *current_;
  if (path_ != nullptr) {
    if (BeginsWith(*path_, first) && LeadsOutwards(*path_, first) && path_->depth <= deepest &&
        LeadsToRemembered(*path_)) {
      if (credit_ < kMostCredit) ++credit_;
      return Found::kKept;
    }
  } else if (IsSame(last.state, first, last.needs_frame_pointer) && !last.is_guess &&
             last.depth <= deepest && FindChanged(last) == nullptr) {
    return Found::kKept;
  }
  // Not where it is not worth the while.
  return LooksForPaths() ? FindPath(first, KeyOf(first), deepest) : Found::kNone;
}

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_MEMO_H_
