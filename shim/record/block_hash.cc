// See block_hash.h.
#include "shim/record/block_hash.h"

#include "shim/base/id_index.h"
#include "shim/base/memory.h"

namespace memshim::record {
namespace {
constexpr int kStripeBits = 6;  // of the hash; the rest chooses the entry
}

bool BlockHash::Grow(Stripe* stripe) {
  const uint64_t old_count = stripe->entries == nullptr ? 0 : stripe->mask + 1;
  const uint64_t count = old_count == 0 ? kFirstEntries : 2 * old_count;
  Entry* entries = static_cast<Entry*>(base::MapPrivateForHash(count * sizeof(Entry)));
  if (entries == nullptr) return false;
  const uint64_t mask = count - 1;
  for (uint64_t i = 0; i < old_count; ++i) {
    const Entry& entry = stripe->entries[i];
    if (entry.address == 0) continue;
    uint64_t at = base::MixHash(entry.address) >> kStripeBits;
    while (entries[at & mask].address != 0) ++at;
    entries[at & mask] = entry;
  }
  if (old_count != 0) {
    base::UnmapPrivate(stripe->entries, base::RoundUp(old_count * sizeof(Entry), base::kPageBytes));
  }
  stripe->entries = entries;
  stripe->mask = mask;
  return true;
}

BlockHash::Outcome BlockHash::Insert(uint64_t address, const Block& block, Block* old) {
  const uint64_t hash = base::MixHash(address);
  Stripe* stripe = &stripes_[hash % kStripes];
  base::LockScope scope(stripe->lock);
  if (!scope.ok()) return Outcome::kLockTimeout;
  if (stripe->entries == nullptr || stripe->used * 4ull >= (stripe->mask + 1) * 3) {
    if (!Grow(stripe)) return Outcome::kNoMemory;
  }
  uint64_t at = hash >> kStripeBits;
  for (;; ++at) {
    Entry& entry = stripe->entries[at & stripe->mask];
    if (entry.address == address) {
      *old = entry.Get();
      entry.Set(address, block);
      return Outcome::kReplaced;
    }
    if (entry.address == 0) {
      entry.Set(address, block);
      ++stripe->used;
      return Outcome::kDone;
    }
  }
}

// Moves later entries of the same probe run into the hole, so that runs have no gaps.
void BlockHash::Close(Stripe* stripe, uint64_t hole) {
  const uint64_t mask = stripe->mask;
  for (uint64_t at = hole + 1;; ++at) {
    Entry& entry = stripe->entries[at & mask];
    if (entry.address == 0) break;
    const uint64_t home = base::MixHash(entry.address) >> kStripeBits;
    // The entry may move when its home is not between the hole (exclusive) and its place.
    if (((at - home) & mask) >= ((at - hole) & mask)) {
      stripe->entries[hole & mask] = entry;
      hole = at;
    }
  }
  stripe->entries[hole & mask].address = 0;
}

BlockHash::Outcome BlockHash::Remove(uint64_t address, Block* block) {
  const uint64_t hash = base::MixHash(address);
  Stripe* stripe = &stripes_[hash % kStripes];
  base::LockScope scope(stripe->lock);
  if (!scope.ok()) return Outcome::kLockTimeout;
  if (stripe->entries == nullptr) return Outcome::kNotFound;
  for (uint64_t at = hash >> kStripeBits;; ++at) {
    Entry& entry = stripe->entries[at & stripe->mask];
    if (entry.address == 0) return Outcome::kNotFound;
    if (entry.address != address) continue;
    *block = entry.Get();
    --stripe->used;
    Close(stripe, at);
    return Outcome::kDone;
  }
}

}  // namespace memshim::record
