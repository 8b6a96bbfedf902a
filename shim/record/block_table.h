// Live blocks by address: in which cell each is counted, how large it is, when it was born.
//
// Small blocks of an allocator that spaces them lie in a shadow of the heap, all others in a hash.
// Context: hook. Locks: the hash's. Allocates: mmap. Signals: guarded.
#ifndef MEMSHIM_SHIM_RECORD_BLOCK_TABLE_H_
#define MEMSHIM_SHIM_RECORD_BLOCK_TABLE_H_

#include "shim/record/block_hash.h"
#include "shim/record/block_shadow.h"

namespace memshim::record {

class BlockTable {
 public:
  using Outcome = BlockOutcome;

  // Requires: zero-filled *this. `are_spaced`: no two blocks begin within 32 bytes, as with glibc's
  // malloc, whose chunks take at least that.
  void Start(bool are_spaced) { are_spaced_ = are_spaced; }

  using Slot = BlockShadow::Slot;

  // The slot for a small block at this address, on its way into the cache; null where there is none
  // yet. Slots are as far apart as the blocks: large heaps find few of them there.
  MEMSHIM_INLINE Slot* Expect(uint64_t address) const {
    Slot* slot = shadow_.Find(address);
    __builtin_prefetch(slot, 1);
    return slot;
  }

  // Adds a small block where its slot is there and free, as it nearly always is. False: nothing was
  // done, and Insert will tell. `slot`: Expect(address).
  MEMSHIM_INLINE bool InsertQuickly(Slot* slot, uint64_t address, const Block& block) {
    if (slot == nullptr || !BlockShadow::Fits(address, block) || !slot->is_free()) [[unlikely]]
      return false;
    slot->Set(address, block);
    return true;
  }

  // Adds a block. kReplaced: the address was taken; *old gets what was there. (Not noticed: a small
  // block where a large one was, whose free was not seen.)
  Outcome Insert(uint64_t address, const Block& block, Block* old) {
    if (!are_spaced_ || !BlockShadow::Fits(address, block)) {
      return InsertLarge(address, block, old);
    }
    BlockShadow::Slot* slot = shadow_.FindOrMake(address);
    if (slot == nullptr)
      return hash_.Insert(address, block, old);  // no memory for slots, or none so far up
    const bool is_free = slot->is_free();
    if (!is_free) *old = slot->Get();
    slot->Set(address, block);
    return is_free ? Outcome::kDone : Outcome::kReplaced;
  }

  // Takes a block out; kDone or kNotFound. `slot`: Expect(address).
  MEMSHIM_INLINE Outcome Remove(Slot* slot, uint64_t address, Block* block) {
    if (slot == nullptr || !slot->Holds(address)) [[unlikely]] {
      Block larger;  // (Not the caller's: one whose address is known would not stay in registers.)
      const Outcome outcome = hash_.Remove(address, &larger);
      *block = larger;
      return outcome;
    }
    *block = slot->Get();
    slot->Clear();
    return Outcome::kDone;
  }

  Outcome Remove(uint64_t address, Block* block) { return Remove(Expect(address), address, block); }

  // As BlockShadow::GiveBack.
  bool GiveBack(uint64_t* next, int leaves) { return shadow_.GiveBack(next, leaves); }

 private:
  Outcome InsertLarge(uint64_t address, const Block& block, Block* old) {
    BlockShadow::Slot* slot = shadow_.Find(address);  // (Not spaced: there is none.)
    if (slot == nullptr || slot->is_free()) return hash_.Insert(address, block, old);
    *old = slot->Get();
    slot->Clear();
    Block larger;
    const Outcome outcome = hash_.Insert(address, block, &larger);
    return outcome == Outcome::kDone ? Outcome::kReplaced : outcome;
  }

  bool are_spaced_;
  BlockShadow shadow_;
  BlockHash hash_;
};

}  // namespace memshim::record

#endif  // MEMSHIM_SHIM_RECORD_BLOCK_TABLE_H_
