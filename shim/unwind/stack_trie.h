// Stacks as ids: a trie of (parent node, frame), kept in the ledger, parents before children.
// The id of the innermost node names the whole stack.
//
// A child that got the number behind its parent's is found by the nodes themselves, all others by
// an index. Most are of the first kind, as the nodes of a new stack are made one behind the other;
// so the nodes that a look-up goes through lie together, where the index would scatter them.
//
// Frames are code addresses with the module they lie in. The index by address is emptied when the
// module generation changes (dlclose), so that an address that now means another module gets
// another frame; nodes and frames themselves are never changed.
// Context: hook. Locks: its own, above the ledger's. Allocates: mmap. Signals: guarded.
#ifndef MEMSHIM_SHIM_UNWIND_STACK_TRIE_H_
#define MEMSHIM_SHIM_UNWIND_STACK_TRIE_H_

#include "shim/base/id_index.h"
#include "shim/ledger/ledger.h"
#include "shim/unwind/modules.h"
#include "shim/unwind/node_index.h"

namespace memshim::unwind {

using StackId = uint32_t;  // a node id; 0 is the root

inline constexpr uint64_t kCutPc = 0;  // stands for [frames cut] in a list of addresses

// Stacks that exist in every ledger, however full.
inline constexpr StackId kOutOfSpaceStack = 1;
inline constexpr StackId kNoStack = 2;

// The stack a thread interned last, so that its unchanged outer frames are not hashed again.
struct LastStack {
  uint32_t generation;
  int depth;
  uint64_t pcs[ledger::kMaxDepth];   // innermost first
  StackId nodes[ledger::kMaxDepth];  // nodes[i]: the stack that begins with pcs[i]
};

class StackTrie {
 public:
  // Requires: zero-filled *this and an empty ledger. `executable` is the path of the main
  // program's file and stays valid. False: no room.
  bool Start(ledger::Ledger* ledger, const char* executable);

  // The id of a stack of look-up addresses, innermost first. More than kMaxDepth frames are cut
  // in the middle, and the cut is counted. Rewrites `pcs`.
  StackId Intern(uint64_t* pcs, int depth, LastStack* last);

  // The id of a code address among the frames; 0: there is no room for it.
  uint32_t FrameFor(uint64_t pc);
  // The stack that begins with `frame` and goes on with `parent`; kOutOfSpaceStack: no room.
  MEMSHIM_INLINE StackId Child(StackId parent, uint32_t frame) {
    const StackId id = FindChild(parent, frame);
    return id != NodeIndex::kNone ? id : NewChild(parent, frame);
  }

  // Sends for what the index has on it, for Child.
  MEMSHIM_INLINE void ExpectChild(StackId parent, uint32_t frame) const {
    nodes_.Expect(parent, frame);
  }

  // The look-up addresses of a stack that Intern gave, innermost first, into pcs[kMaxDepth];
  // kCutPc where frames were cut out. Returns how many.
  int Read(StackId id, uint64_t* pcs);

  // A stack could not be taken, or not up to its end.
  void CountStackMissing() { ledger_->CountLoss(ledger::Loss::kStackMissing); }

  uint32_t generation() const {
    // acquire: pairs with AdvanceGeneration.
    return ledger_->header().generation.load(std::memory_order_acquire);
  }

  // Code may have changed its meaning: look every address up anew.
  void AdvanceGeneration();

 private:
  // NodeIndex::kNone: there is none, or another thread has just made it.
  MEMSHIM_INLINE StackId FindChild(StackId parent, uint32_t frame) {
    const StackId next = parent + 1;
    if (next < ledger_->Count(ledger::Table::kNodes)) [[likely]] {
      const ledger::Node* node = NodeAt(next);
      if (node->parent == parent && node->frame == frame) return next;
    }
    return nodes_.Find(parent, frame);
  }
  MEMSHIM_NOINLINE StackId NewChild(StackId parent, uint32_t frame);
  uint32_t FrameForNewPc(uint64_t pc);
  uint32_t AppendFrame(uint64_t pc, uint32_t module);
  int CutMiddle(uint64_t* pcs, int depth);

  uint64_t PcHash(uint32_t id);
  uint64_t FrameHash(uint32_t id);
  ledger::Frame* FrameAt(uint32_t id);
  ledger::Node* NodeAt(uint32_t id) {
    return ledger_->Entry<ledger::Node>(ledger::Table::kNodes, id);
  }

  ledger::Ledger* ledger_;
  const char* executable_;
  base::Lock lock_;
  ModuleTable modules_;
  NodeIndex nodes_;              // by (parent, frame), but those behind their parents
  base::IdIndex frames_by_pc_;   // of the current generation
  base::IdIndex frames_;         // by (pc, module)
  uint32_t indexed_generation_;  // of frames_by_pc_; written under lock_
};

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_STACK_TRIE_H_
