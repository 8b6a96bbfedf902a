// The tables a walk looks things up in, against maps of the standard library.
#include <gtest/gtest.h>

#include <random>
#include <unordered_map>
#include <vector>

#include "shim/unwind/code_cache.h"
#include "shim/unwind/node_index.h"
#include "tests/unit/shim_testing.h"

namespace memshim::unwind {
namespace {

using Kind = CompactRule::Kind;

TEST(NodeIndexTest, AgreesWithAMap) {
  uint64_t compared = 0;
  // Keys close together, as ids are, and all over their range.
  for (const uint64_t spread : {1u, 1000u, 100000u}) {
    auto index = testing::MakeZeroed<NodeIndex>();
    std::unordered_map<uint64_t, uint32_t> model;
    std::mt19937_64 random(spread);
    const auto key = [&] {
      const uint64_t parent = random() % 300 * spread % (1 << 29);
      return parent << 32 | random() % 700 * spread % (1 << 28);
    };
    for (uint32_t id = 1; id <= 150000; ++id) {
      const uint64_t added = key(), asked = key();
      const auto parent = static_cast<uint32_t>(added >> 32), frame = static_cast<uint32_t>(added);
      if (model.emplace(added, id).second) {
        ASSERT_TRUE(index->Insert(parent, frame, id));
      }
      const auto found = model.find(asked);
      ASSERT_EQ(index->Find(static_cast<uint32_t>(asked >> 32), static_cast<uint32_t>(asked)),
                found == model.end() ? NodeIndex::kNone : found->second);
      ASSERT_EQ(index->Find(parent, frame), model[added]);
      compared += 2;
    }
  }
  printf("compared %llu look-ups\n", static_cast<unsigned long long>(compared));
  EXPECT_GE(compared, 900000u);
}

// The key of a product, by the inverse of the odd number that keys are multiplied with.
uint64_t KeyOf(uint64_t product) {
  uint64_t inverse = base::kHashFactor;  // right in 3 bits; each step doubles them
  for (int i = 0; i < 5; ++i) inverse *= 2 - base::kHashFactor * inverse;
  return product * inverse & ((uint64_t{1} << 57) - 1);
}

TEST(NodeIndexTest, NothingIsFoundTooFarFromItsHome) {
  auto index = testing::MakeZeroed<NodeIndex>();
  constexpr int kHomeBits = 11;  // of the first table
  const auto product = [](uint64_t home, uint64_t rest) { return home << (57 - kHomeBits) | rest; };
  const auto parent = [](uint64_t key) { return static_cast<uint32_t>(key >> 28); };
  const auto frame = [](uint64_t key) { return static_cast<uint32_t>(key & ((1u << 28) - 1)); };
  // 100 slots in a row, each its own key's home.
  for (uint64_t home = 0; home < 100; ++home) {
    const uint64_t key = KeyOf(product(home, 1000 + home));
    ASSERT_TRUE(index->Insert(parent(key), frame(key), static_cast<uint32_t>(home + 1)));
  }
  for (uint64_t home = 0; home < 100; ++home) {
    const uint64_t key = KeyOf(product(home, 1000 + home));
    EXPECT_EQ(index->Find(parent(key), frame(key)), home + 1);
    for (uint64_t rest = 900; rest < 1200; ++rest) {
      const uint64_t other = KeyOf(product(home, rest));
      if (rest != 1000 + home) {
        ASSERT_EQ(index->Find(parent(other), frame(other)), NodeIndex::kNone);
      }
    }
  }
}

CompactRule RuleOf(uint64_t n) {
  return {static_cast<Kind>(1 + n % 6), n % 2 != 0, static_cast<int32_t>(n % 1000) * 8 - 4000,
          static_cast<int32_t>(n % 500) * 8 - 2000};
}

TEST(PackedRuleTest, KeepsWhatFits) {
  uint64_t compared = 0;
  for (uint64_t n = 0; n < 6000; ++n) {
    const CompactRule rule = RuleOf(n);
    ASSERT_TRUE(PackedRule::Fits(rule));
    const PackedRule packed(rule);
    ASSERT_EQ(packed.kind(), rule.kind);
    ASSERT_EQ(packed.saves_frame_pointer(), rule.saves_frame_pointer);
    ASSERT_EQ(static_cast<int64_t>(packed.cfa_offset()), rule.cfa_offset);
    ASSERT_EQ(static_cast<int64_t>(packed.frame_pointer_offset()), rule.frame_pointer_offset);
    ++compared;
  }
  EXPECT_GE(compared, 6000u);
  for (const CompactRule& rule :
       {CompactRule{Kind::kFromStackPointer, false, 4, 0},
        CompactRule{Kind::kFromStackPointer, false, 1 << 22, 0},
        CompactRule{Kind::kFromStackPointer, true, 16, -12},
        CompactRule{Kind::kFromStackPointer, true, 16, 8 << (kFrameOffsetBits - 1)}}) {
    EXPECT_FALSE(PackedRule::Fits(rule));
  }
}

TEST(CodeCacheTest, KnowsOfAGenerationWhatWasLearnedInIt) {
  auto cache = testing::MakeZeroed<CodeCache>();
  std::unordered_map<uint64_t, std::pair<uint32_t, uint64_t>> model;  // generation, word
  std::mt19937_64 random(1);
  uint32_t generation = 0;
  uint64_t compared = 0;
  for (uint32_t i = 0; i < 400000; ++i) {
    if (random() % 20000 == 0) cache->Prepare(++generation);
    const uint64_t pc = 0x7f0000000000 + random() % 30000 * 3;
    const auto found = model.find(pc);
    const bool is_known = found != model.end() && found->second.first == generation;
    ASSERT_EQ(CodeCache::Reader(*cache, generation).Find(pc).word(),
              is_known ? found->second.second : 0);
    if (!is_known) {
      const KnownCode code(PackedRule(RuleOf(random())), 1 + i % ((1 << 28) - 1));
      cache->Put(pc, generation, code);
      model[pc] = {generation, code.word()};
    }
    ++compared;
  }
  EXPECT_GE(generation, 5u);
  EXPECT_GE(compared, 400000u);
}

TEST(CodeCacheTest, GenerationsComeRoundToNothing) {
  auto cache = testing::MakeZeroed<CodeCache>();
  const KnownCode code(PackedRule(RuleOf(1)), 7);
  cache->Put(0x1000, 5, code);
  cache->Put(0x2000, 65530, code);
  for (uint32_t generation = 6; generation <= 65536 + 65530; ++generation) {
    cache->Prepare(generation);
    if (generation == 65536 + 5) {
      EXPECT_FALSE(CodeCache::Reader(*cache, generation).Find(0x1000).is_known());
    }
  }
  EXPECT_FALSE(CodeCache::Reader(*cache, 65536 + 65530).Find(0x2000).is_known());
}

TEST(CodeCacheTest, WhatIsNoAddressIsNotKnown) {
  auto cache = testing::MakeZeroed<CodeCache>();
  const KnownCode code(PackedRule(RuleOf(1)), 7);
  cache->Put(0x1234, 0, code);
  cache->Put(0xffff800000001234, 0, code);
  EXPECT_TRUE(CodeCache::Reader(*cache, 0).Find(0x1234).is_known());
  EXPECT_FALSE(CodeCache::Reader(*cache, 0).Find(0xffff800000001234).is_known());
  EXPECT_FALSE(CodeCache::Reader(*cache, 0).Find(~uint64_t{0}).is_known());
}

}  // namespace
}  // namespace memshim::unwind
