// See memo.h.
#include "shim/unwind/memo.h"

#include <algorithm>

namespace memshim::unwind {

const Memo::Check* Memo::FindChangedOfGuess(const Frame& frame, Readable::Asked* asked) const {
  for (const Check* check = checks_ + frame.checks; check != checks_ + kPadding;) {
    --check;
    if (!asked->AreThere(reinterpret_cast<uint64_t>(check->address), 1) ||
        *check->address != check->value) {
      return check;
    }
  }
  return nullptr;
}

Memo::Place Memo::DropChanged(const Check* changed, Place met) const {
  // The frame whose check it was, and all inner ones, have other callers now.
  const uint32_t index = static_cast<uint32_t>(changed - checks_);
  while (met->checks > index) --met;
  return met;
}

// `caller`: of walked[count - 1]. `has_caller`: where not, nothing follows from the stack's words.
MEMSHIM_INLINE void Memo::PushAll(const WalkedFrame* walked, int count, FrameState caller,
                                  bool has_caller, Place outer) {
  Frame* frame = frames_ + outer->depth;
  Check* check = checks_ + outer->checks;
  bool is_needed = outer->needs_frame_pointer;
  bool is_guess = outer->is_guess;
  if (named_ > frame) named_ = frame;
  const auto add_check = [&check](uint64_t address, uint64_t value) {
    *check++ = {reinterpret_cast<const uint64_t*>(address), value};
  };
  for (int i = count - 1; i >= 0; --i) {
    const FrameState state = walked[i].state;
    const KnownCode code = walked[i].code;
    const PackedRule rule = code.rule();
    const bool is_indirect = rule.kind() == CompactRule::Kind::kIndirect;
    if (has_caller) [[likely]] {
      const uint64_t cfa = KnownStackPointer(caller.stack_pointer);
      if (is_needed && rule.saves_frame_pointer()) {
        const uint64_t base = is_indirect ? state.frame_pointer : cfa;
        add_check(base + rule.frame_pointer_offset(), caller.frame_pointer);
      }
      const uint64_t place = ReturnAddressPlace(cfa, rule.frame_pointer_offset());
      add_check(place, SignedReturnAddress(place, caller.pc + 1));
      if (is_indirect) [[unlikely]]
        add_check(state.frame_pointer + rule.cfa_offset(), cfa);
    }
    is_needed = (is_needed && !rule.saves_frame_pointer()) || rule.uses_frame_pointer() ||
                IsGuessedStackPointer(state.stack_pointer);
    is_guess = is_guess || rule.kind() == CompactRule::Kind::kChain;
    ++frame;  // (not in the line below: which comes first there, the compilers do not agree)
    *frame = {state,
              code.frame(),
              0,
              static_cast<uint32_t>(check - checks_),
              is_needed,
              is_guess,
              static_cast<uint16_t>(frame - frames_),
              0};
    caller = state;
    has_caller = true;
  }
  current_ = last_ = frame;
  path_ = nullptr;
}

void Memo::Extend(const WalkedFrame* walked, int count, Place met) {
  PushAll(walked, count, met->state, true, met);
}

void Memo::Replace(const WalkedFrame* walked, int count, const FrameState* end) {
  PushAll(walked, count, end == nullptr ? FrameState{} : *end, end != nullptr, frames_);
}

int Memo::List(Place place, uint64_t* pcs, int room) const {
  int listed = 0;
  for (; place != frames_ && listed < room; --place) pcs[listed++] = place->state.pc;
  return listed;
}

StackId Memo::NameChanged(StackTrie* trie) {
  StackId stack = named_->stack;
  for (; named_ != current_; ++named_) {
    Frame& frame = named_[1];
    // There may be room for the frame by now.
    if (frame.code == 0) frame.code = trie->FrameFor(frame.state.pc);
    stack = frame.code == 0 ? kOutOfSpaceStack : trie->Child(stack, frame.code);
    if (stack == kOutOfSpaceStack) return stack;
    frame.stack = stack;
  }
  return stack;
}

StackId Memo::NameNew(StackTrie* trie) {
  const Place outer = named_;
  const StackId stack = NameChanged(trie);
  if (stack != kOutOfSpaceStack && MissPath()) RememberPath(outer);
  return stack;
}

// Where the path of the stack walked last is to be kept: by as many of its frames as it takes to
// tell it from those that begin alike, in place of the older of two.
MEMSHIM_INLINE Memo::Path& Memo::RoomForPath(int frames) {
  const FrameState& first = current_->state;
  uint64_t key = KeyOf(first);
  uint64_t at = PairOf(key);
  // Now and then instead of one that nobody may come by any more.
  const bool is_patient = turns_ % 16 != 0;
  const int most = std::min<int>(frames, kKeyFrames);
  for (int i = 1; is_patient && i < most; ++i) {
    if (!BeginsWith(pairs_[at].paths[0], first) || !BeginsWith(pairs_[at].paths[1], first)) break;
    key = KeyOf(key, current_[-i].state.pc);
    at = PairOf(key);
  }
  const uint8_t older = older_[at];
  older_[at] = older ^ 1;
  return pairs_[at].paths[older];
}

// How the stack walked last comes to the frame `outer`. Requires: all its frames have their ids.
void Memo::RememberPath(Place outer) {
  const Frame& first = *current_;
  const uint32_t count = first.checks - outer->checks;
  const int frames = first.depth - outer->depth;
  // (Guesses are not to be believed later.)
  if (frames < 2 || count > Path::kMaxChecks || first.is_guess) return;
  const uint64_t begin = first.state.stack_pointer;
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t distance =
        reinterpret_cast<uint64_t>(checks_[first.checks - 1 - i].address) - begin;
    if (distance % 8 != 0 || distance / 8 > UINT16_MAX) return;
  }
  Path& path = RoomForPath(frames);
  path.first = first.state;
  path.outer = outer;
  path.outer_stack_pointer = outer->state.stack_pointer;
  path.outer_frame_pointer = outer->state.frame_pointer;
  path.outer_stack = outer->stack;
  path.stack = first.stack;
  path.age = age_;
  path.depth = first.depth;
  path.checks = static_cast<uint8_t>(base::RoundUp(count, kStride));
  path.needs_frame_pointer = first.needs_frame_pointer;
  path.note = 0;
  for (uint32_t i = 0; i < path.checks; ++i) {
    const Check& check = checks_[first.checks - 1 - (i < count ? i : 0)];
    path.values[i] = check.value;
    path.distances[i] =
        static_cast<uint16_t>((reinterpret_cast<uint64_t>(check.address) - begin) / 8);
  }
}

}  // namespace memshim::unwind
