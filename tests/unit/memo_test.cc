// What a thread remembers of its last stack, against stacks that are made up: frames come and go,
// and what the memo says of each stack must be what was pushed.
#include "shim/unwind/memo.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/unit/shim_testing.h"

namespace memshim::unwind {
namespace {

constexpr int kDeepest = ledger::kMaxDepth;

// A stack of frames that are left by their stack pointers: each is as large as its address says,
// and the return address lies in its outermost word.
class MadeUpStack {
 public:
  void Push(uint64_t pc) {
    const uint64_t words = WordsOf(pc);
    memory_[top_ - 1] = frames_.empty() ? 0 : frames_.back().pc + 1;
    top_ -= words;
    frames_.push_back({pc, reinterpret_cast<uint64_t>(&memory_[top_]), 0});
  }
  // What lay in the frame stays there, as on a real stack.
  void Pop() {
    top_ += WordsOf(frames_.back().pc);
    frames_.pop_back();
  }
  int depth() const { return static_cast<int>(frames_.size()); }
  const FrameState& innermost() const { return frames_.back(); }
  static CompactRule RuleOf(uint64_t pc) {
    int64_t offset = 0;  // by which each processor says that it lies there
    EXPECT_TRUE(FindFrameOffset(-8, false, 0, &offset));
    return {CompactRule::Kind::kFromStackPointer, false, static_cast<int32_t>(8 * WordsOf(pc)),
            static_cast<int32_t>(offset)};
  }
  std::vector<uint64_t> pcs() const {
    std::vector<uint64_t> pcs;
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) pcs.push_back(frame->pc);
    return pcs;
  }

 private:
  static uint64_t WordsOf(uint64_t pc) { return 2 + pc / 16 % 3; }

  std::vector<uint64_t> memory_ = std::vector<uint64_t>(20000);
  uint64_t top_ = memory_.size();
  std::vector<FrameState> frames_;
};

class MemoTest : public ::testing::Test {
 protected:
  MemoTest() {
    EXPECT_TRUE(ledger_->Create() && trie_->Start(ledger_.get(), "/none"));
    memo_->Start();
    memo_->Begin(1, 1);
  }

  // As the engine does: until the memo knows the rest. False: it has no room for the stack.
  bool Take(const MadeUpStack& stack) {
    FrameState state = stack.innermost();
    Memo::Found found = memo_->Recall(state, kDeepest);
    Memo::Place met = memo_->last();
    recalled_ += found == Memo::Found::kKept;
    if (found == Memo::Found::kKept) return true;
    if (memo_->Meets(state, &met, &readable_)) {
      memo_->Keep(met);
      return true;
    }
    const FrameState first = state;
    uint64_t key = Memo::KeyOf(first);
    std::vector<WalkedFrame> walked;
    while (true) {
      const PackedRule rule(MadeUpStack::RuleOf(state.pc));
      walked.push_back({state, KnownCode(rule, trie_->FrameFor(state.pc))});
      const uint64_t* cfa = reinterpret_cast<uint64_t*>(state.stack_pointer + rule.cfa_offset());
      state = {cfa[-1] - 1, reinterpret_cast<uint64_t>(cfa), 0};
      const int count = static_cast<int>(walked.size());
      if (cfa[-1] == 0) {
        if (count > Memo::kMaxFrames) return false;
        memo_->Replace(walked.data(), count, &state);
        return true;
      }
      if (memo_->Meets(state, &met, &readable_)) {
        if (count + Memo::DepthAt(met) > Memo::kMaxFrames) return false;
        memo_->Extend(walked.data(), count, met);
        return true;
      }
      if (found != Memo::Found::kMany) continue;
      key = Memo::KeyOf(key, state.pc);
      found = memo_->FindPath(first, key, kDeepest);
      recalled_ += found == Memo::Found::kKept;
      if (found == Memo::Found::kKept) return true;
    }
  }

  std::vector<uint64_t> Named() {
    std::vector<uint64_t> pcs(ledger::kMaxDepth);
    pcs.resize(static_cast<size_t>(trie_->Read(memo_->Name(trie_.get()), pcs.data())));
    return pcs;
  }

  std::unique_ptr<ledger::Ledger, testing::Unmap<ledger::Ledger>> ledger_ =
      testing::MakeZeroed<ledger::Ledger>();
  std::unique_ptr<StackTrie, testing::Unmap<StackTrie>> trie_ = testing::MakeZeroed<StackTrie>();
  std::unique_ptr<Memo, testing::Unmap<Memo>> memo_ = testing::MakeZeroed<Memo>();
  Readable readable_ = {};
  int recalled_ = 0;
};

TEST_F(MemoTest, WhatItSaysOfAStackIsWhatWasPushed) {
  std::mt19937_64 random(1);
  MadeUpStack stack;
  stack.Push(0x1000);
  constexpr int kStacks = 1000000;
  int notes = 0;
  for (int i = 0; i < kStacks; ++i) {
    // Few functions with few call sites: the same ways come again and again.
    for (uint64_t pops = random() % 7; pops > 0 && stack.depth() > 1; --pops) stack.Pop();
    for (uint64_t pushes = random() % 7; pushes > 0 && stack.depth() < 12; --pushes) {
      stack.Push(0x1000 + random() % 2 * 16 + random() % 2);
    }
    ASSERT_TRUE(Take(stack));
    ASSERT_EQ(memo_->depth(), stack.depth());
    ASSERT_EQ(Named(), stack.pcs()) << "stack " << i;
    uint64_t& note = *memo_->Note();
    if (note != 0) {
      ASSERT_EQ(note, memo_->KnownName()) << "another stack's note, stack " << i;
      ++notes;
    }
    note = memo_->KnownName();
  }
  EXPECT_GT(recalled_, kStacks / 20);
  EXPECT_GT(notes, kStacks / 20);
  std::printf("%d stacks, %d of them recalled, %d with their notes\n", kStacks, recalled_, notes);
}

TEST_F(MemoTest, StacksGrowUpToWhatItHasRoomFor) {
  MadeUpStack stack;
  for (int depth = 1; depth <= 2000; ++depth) {
    stack.Push(0x1000 + static_cast<uint64_t>(depth) * 16);
    const bool is_remembered = Take(stack);
    ASSERT_EQ(is_remembered, depth <= Memo::kMaxFrames);
    if (!is_remembered) continue;
    ASSERT_EQ(memo_->depth(), depth);
    std::vector<uint64_t> pcs(Memo::kMaxFrames);
    ASSERT_EQ(memo_->List(memo_->current(), pcs.data(), Memo::kMaxFrames), depth);
    pcs.resize(static_cast<size_t>(depth));
    ASSERT_EQ(pcs, stack.pcs());
  }
}

TEST_F(MemoTest, StacksDeeperThanWantedAreNotRecalled) {
  MadeUpStack stack;
  for (int i = 0; i < 10; ++i) stack.Push(0x1000 + static_cast<uint64_t>(i) * 16);
  ASSERT_TRUE(Take(stack));
  EXPECT_EQ(memo_->Recall(stack.innermost(), 10), Memo::Found::kKept);
  EXPECT_NE(memo_->Recall(stack.innermost(), 9), Memo::Found::kKept);
}

}  // namespace
}  // namespace memshim::unwind
