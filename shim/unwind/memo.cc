// See memo.h.
#include "shim/unwind/memo.h"

#include <bit>

namespace memshim::unwind {

bool Memo::IsGuessUnchanged(Place* met) const {
  uint64_t page = 0;
  for (const Check* check = checks_ + (*met)->checks; check != checks_;) {
    --check;
    const uint64_t at =
        reinterpret_cast<uint64_t>(check->address) & ~uint64_t{base::kPageBytes - 1};
    if ((at == page || Readable::AreThere(at, 1)) && *check->address == check->value) {
      page = at;
      continue;
    }
    *met = DropChanged(check, *met);
    return false;
  }
  return true;
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
  Frame* frame = frames_ + DepthAt(outer);
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
      if (is_needed && rule.saves_frame_pointer()) {
        const uint64_t base = is_indirect ? state.frame_pointer : caller.stack_pointer;
        add_check(base + rule.frame_pointer_offset(), caller.frame_pointer);
      }
      add_check(caller.stack_pointer + static_cast<uint64_t>(kReturnAddressOffset), caller.pc + 1);
      if (is_indirect) [[unlikely]]
        add_check(state.frame_pointer + rule.cfa_offset(), caller.stack_pointer);
    }
    is_needed = (is_needed && !rule.saves_frame_pointer()) || rule.uses_frame_pointer();
    is_guess = is_guess || rule.kind() == CompactRule::Kind::kChain;
    *++frame = {state,     code.frame(), 0, static_cast<uint32_t>(check - checks_),
                is_needed, is_guess};
    caller = state;
    has_caller = true;
  }
  current_ = last_ = frame;
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

// Where what the frames without a name are called is kept, if anywhere.
MEMSHIM_INLINE Memo::Known* Memo::KnownForChanged() {
  uint64_t hash = named_->stack;
  for (Place frame = named_; frame != current_;) {
    hash = std::rotl(hash, 8) ^ (++frame)->code;
  }
  return &known_[hash * base::kHashFactor >> (64 - kKnownBits)];
}

StackId Memo::NameNew(StackTrie* trie) {
  const int count = static_cast<int>(current_ - named_);
  if (count > Known::kMaxFrames) return NameOneByOne(trie, nullptr);
  Known* known = KnownForChanged();
  bool is_known = known->count == count && known->outer == named_->stack;
  for (int i = 0; is_known && i < count; ++i) {
    Frame& frame = named_[1 + i];
    is_known = frame.code == known->codes[i];
    frame.stack = known->stacks[i];
  }
  if (!is_known) [[unlikely]]
    return NameOneByOne(trie, known);
  named_ += count;
  return known->stacks[count - 1];
}

StackId Memo::NameOneByOne(StackTrie* trie, Known* known) {
  const Frame* const outer = named_;
  StackId stack = outer->stack;
  for (; named_ != current_; ++named_) {
    Frame& frame = named_[1];
    // There may be room for the frame by now.
    if (frame.code == 0) frame.code = trie->FrameFor(frame.state.pc);
    stack = frame.code == 0 ? kOutOfSpaceStack : trie->Child(stack, frame.code);
    if (stack == kOutOfSpaceStack) return stack;
    frame.stack = stack;
  }
  if (known != nullptr) {
    known->outer = outer->stack;
    known->count = static_cast<int>(current_ - outer);
    for (int i = 0; i < known->count; ++i) {
      known->codes[i] = outer[1 + i].code;
      known->stacks[i] = outer[1 + i].stack;
    }
  }
  return stack;
}

}  // namespace memshim::unwind
