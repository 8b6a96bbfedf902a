// See stack_trie.h.
#include "shim/unwind/stack_trie.h"

#include <cstring>

namespace memshim::unwind {

using base::IdIndex;
using base::LockScope;
using base::MixHash;
using ledger::Loss;
using ledger::SpecialFrame;
using ledger::Table;

namespace {
constexpr uint32_t kNoId = IdIndex::kNone;
constexpr uint32_t kNoFrame = 0;  // the ledger's frame 0 stands for nothing
constexpr uint32_t kCutFrame = static_cast<uint32_t>(SpecialFrame::kCut);
// A cut stack keeps this many of its outermost frames; the rest of kMaxDepth, less one for the
// mark, are innermost ones, which tell more.
constexpr int kOuterFrames = 128;
constexpr int kInnerFrames = static_cast<int>(ledger::kMaxDepth) - kOuterFrames - 1;

uint64_t HashOfFrame(uint64_t pc, uint32_t module) {
  return MixHash(pc + (uint64_t{module} << 48));
}
}  // namespace

ledger::Frame* StackTrie::FrameAt(uint32_t id) {
  return ledger_->Entry<ledger::Frame>(Table::kFrames, id);
}
uint64_t StackTrie::PcHash(uint32_t id) { return MixHash(FrameAt(id)->pc); }
uint64_t StackTrie::FrameHash(uint32_t id) {
  return HashOfFrame(FrameAt(id)->pc, FrameAt(id)->module);
}

bool StackTrie::Start(ledger::Ledger* ledger, const char* executable) {
  ledger_ = ledger;
  executable_ = executable;
  // Frames 1 to 3 are the special ones, so that their ids equal their SpecialFrame values.
  constexpr uint32_t kSpecialFrames = 4;
  if (!ledger->Reserve(Table::kFrames, kSpecialFrames) || !ledger->Reserve(Table::kNodes, 3)) {
    return false;
  }
  for (uint32_t id = 0; id < kSpecialFrames; ++id) *FrameAt(id) = {id, ledger::kModuleSpecial, 0};
  ledger->Publish(Table::kFrames, kSpecialFrames);
  *NodeAt(0) = {0, 0};
  *NodeAt(kOutOfSpaceStack) = {0, static_cast<uint32_t>(SpecialFrame::kOutOfSpace)};
  *NodeAt(kNoStack) = {0, static_cast<uint32_t>(SpecialFrame::kNoStack)};
  ledger->Publish(Table::kNodes, 3);
  return true;
}

void StackTrie::AdvanceGeneration() {
  // release: pairs with the acquire in FrameFor; a thread that sees the new number looks anew.
  ledger_->header().generation.fetch_add(1, std::memory_order_release);
}

uint32_t StackTrie::AppendFrame(uint64_t pc, uint32_t module) {
  const uint32_t id = ledger_->Count(Table::kFrames);
  if (!ledger_->Reserve(Table::kFrames, 1)) return kNoFrame;
  *FrameAt(id) = {pc, module, 0};
  ledger_->Publish(Table::kFrames, id + 1);
  frames_.Insert(HashOfFrame(pc, module), id, [this](uint32_t i) { return FrameHash(i); });
  return id;
}

uint32_t StackTrie::FrameForNewPc(uint64_t pc) {
  const uint32_t generation = ledger_->header().generation.load(std::memory_order_acquire);
  ModuleInfo info;
  const bool is_found = FindModule(pc, &info);  // may take the loader's lock: before ours
  LockScope scope(lock_);
  if (!scope.ok()) {
    ledger_->CountLoss(Loss::kLockTimeout);
    return kNoFrame;
  }
  if (indexed_generation_ != generation) {
    frames_by_pc_.Clear();
    // release: pairs with the acquire in FrameFor; who sees the new number finds nothing of before.
    __atomic_store_n(&indexed_generation_, generation, __ATOMIC_RELEASE);
  }
  const uint32_t module =
      is_found ? modules_.Intern(*ledger_, info, executable_, generation) : ledger::kModuleUnknown;
  uint32_t id = frames_.Find(HashOfFrame(pc, module), [&](uint32_t i) {
    return FrameAt(i)->pc == pc && FrameAt(i)->module == module;
  });
  if (id == kNoId) id = AppendFrame(pc, module);
  if (id == kNoFrame) return kNoFrame;
  const auto is_pc = [&](uint32_t i) { return FrameAt(i)->pc == pc; };
  if (frames_by_pc_.Find(MixHash(pc), is_pc) == kNoId) {
    frames_by_pc_.Insert(MixHash(pc), id, [this](uint32_t i) { return PcHash(i); });
  }
  return id;
}

uint32_t StackTrie::FrameFor(uint64_t pc) {
  if (pc == kCutPc) return kCutFrame;
  // acquire: pairs with the release in FrameForNewPc: frames of another generation are gone from
  // the index. A stale value only sends us to the slow path, which reads it under the lock.
  if (__atomic_load_n(&indexed_generation_, __ATOMIC_ACQUIRE) ==
      ledger_->header().generation.load(std::memory_order_acquire)) {
    const uint32_t id =
        frames_by_pc_.Find(MixHash(pc), [&](uint32_t i) { return FrameAt(i)->pc == pc; });
    if (id != kNoId) return id;
  }
  return FrameForNewPc(pc);
}

StackId StackTrie::NewChild(StackId parent, uint32_t frame) {
  LockScope scope(lock_);
  if (!scope.ok()) {
    ledger_->CountLoss(Loss::kLockTimeout);
    return kOutOfSpaceStack;
  }
  StackId id = FindChild(parent, frame);  // another thread may have added it
  if (id != NodeIndex::kNone) return id;
  if (!ledger_->Reserve(Table::kNodes, 1)) return kOutOfSpaceStack;
  id = ledger_->Count(Table::kNodes);
  *NodeAt(id) = {parent, frame};
  ledger_->Publish(Table::kNodes, id + 1);
  if (id != parent + 1) nodes_.Insert(parent, frame, id);
  return id;
}

int StackTrie::CutMiddle(uint64_t* pcs, int depth) {
  if (depth <= static_cast<int>(ledger::kMaxDepth)) return depth;
  ledger_->CountLoss(Loss::kStackCut);
  pcs[kInnerFrames] = kCutPc;
  memmove(pcs + kInnerFrames + 1, pcs + depth - kOuterFrames, kOuterFrames * sizeof(*pcs));
  return ledger::kMaxDepth;
}

int StackTrie::Read(StackId id, uint64_t* pcs) {
  int depth = 0;
  for (; id != 0 && depth < static_cast<int>(ledger::kMaxDepth); id = NodeAt(id)->parent) {
    const uint32_t frame = NodeAt(id)->frame;
    pcs[depth++] = frame == kCutFrame ? kCutPc : FrameAt(frame)->pc;
  }
  return depth;
}

StackId StackTrie::Intern(uint64_t* pcs, int depth, LastStack* last) {
  depth = CutMiddle(pcs, depth);
  const uint32_t generation = ledger_->header().generation.load(std::memory_order_acquire);
  int same = 0;  // outermost frames that are those of the last stack
  if (last->generation == generation) {
    const int limit = depth < last->depth ? depth : last->depth;
    while (same < limit && pcs[depth - 1 - same] == last->pcs[last->depth - 1 - same]) ++same;
  }
  StackId node = same == 0 ? 0 : last->nodes[last->depth - same];
  // Slots are kept outermost-aligned by moving the part that stays.
  if (same > 0 && depth != last->depth) {
    memmove(last->pcs + depth - same, last->pcs + last->depth - same, same * sizeof(*pcs));
    memmove(last->nodes + depth - same, last->nodes + last->depth - same, same * sizeof(StackId));
  }
  last->generation = generation;
  last->depth = depth;
  for (int i = depth - same - 1; i >= 0; --i) {
    const uint32_t frame = FrameFor(pcs[i]);
    node = frame == kNoFrame ? kOutOfSpaceStack : Child(node, frame);
    if (node == kOutOfSpaceStack) {
      last->depth = 0;
      ledger_->CountLoss(Loss::kOutOfSpace);
      return node;
    }
    last->pcs[i] = pcs[i];
    last->nodes[i] = node;
  }
  return depth == 0 ? kNoStack : node;
}

}  // namespace memshim::unwind
