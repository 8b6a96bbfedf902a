// See memo.h.
#include "shim/unwind/memo.h"

namespace memshim::unwind {

bool Memo::DropChanged(const Check* changed) {
  // The frame whose check it was, and all inner ones, have other callers now.
  const uint32_t index = static_cast<uint32_t>(changed - checks_);
  while (candidates_ > 0 && frames_[candidates_ - 1].checks > index) --candidates_;
  return false;
}

MEMSHIM_INLINE void Memo::Push(const WalkedFrame& walked, const FrameState* caller) {
  const PackedRule rule = walked.code.rule();
  const FrameState& state = walked.state;
  const bool caller_needs = depth_ > 0 && frames_[depth_ - 1].needs_frame_pointer;
  if (caller != nullptr) {
    const bool is_indirect = rule.kind() == CompactRule::Kind::kIndirect;
    const uint64_t saved_base = is_indirect ? state.frame_pointer : caller->stack_pointer;
    if (caller_needs && rule.saves_frame_pointer()) {
      AddCheck(saved_base + rule.frame_pointer_offset(), caller->frame_pointer);
    }
    AddCheck(caller->stack_pointer + static_cast<uint64_t>(kReturnAddressOffset), caller->pc + 1);
    if (is_indirect) {
      AddCheck(state.frame_pointer + rule.cfa_offset(), caller->stack_pointer);
    }
  }
  Frame& frame = frames_[depth_++];
  frame.state = state;
  frame.code = walked.code.frame();
  frame.checks = check_count_;
  frame.needs_frame_pointer =
      rule.uses_frame_pointer() || (caller_needs && !rule.saves_frame_pointer());
}

MEMSHIM_INLINE void Memo::PushAll(const WalkedFrame* walked, int count, const FrameState* caller) {
  for (int i = count - 1; i >= 0; --i) {
    Push(walked[i], caller);
    caller = &walked[i].state;
  }
  current_ = depth_;
}

void Memo::Extend(const WalkedFrame* walked, int count) {
  depth_ = candidates_;
  if (named_ > depth_) named_ = depth_;
  check_count_ = frames_[depth_ - 1].checks;
  PushAll(walked, count, &frames_[depth_ - 1].state);
}

void Memo::Replace(const WalkedFrame* walked, int count, const FrameState* end) {
  depth_ = named_ = 0;
  check_count_ = 0;
  PushAll(walked, count, end);
}

int Memo::List(int count, uint64_t* pcs, int room) const {
  int listed = 0;
  for (; listed < count && listed < room; ++listed) {
    pcs[listed] = frames_[count - 1 - listed].state.pc;
  }
  return listed;
}

StackId Memo::NameNew(StackTrie* trie) {
  StackId stack = named_ == 0 ? 0 : frames_[named_ - 1].stack;
  for (; named_ < current_; ++named_) {
    Frame& frame = frames_[named_];
    // There may be room for the frame by now.
    if (frame.code == 0) frame.code = trie->FrameFor(frame.state.pc);
    stack = frame.code == 0 ? kOutOfSpaceStack : trie->Child(stack, frame.code);
    if (stack == kOutOfSpaceStack) return stack;
    frame.stack = stack;
  }
  return stack;
}

}  // namespace memshim::unwind
