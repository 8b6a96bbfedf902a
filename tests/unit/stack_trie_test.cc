// Stacks as ids: equal stacks get equal ids, and an id leads back to its stack.
#include "shim/unwind/stack_trie.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>
#include <vector>

#include "tests/unit/shim_testing.h"

namespace memshim::unwind {
namespace {

using ledger::Table;
using Pcs = std::vector<uint64_t>;

class StackTrieTest : public ::testing::Test {
 protected:
  StackTrieTest()
      : ledger_(testing::MakeZeroed<ledger::Ledger>()), trie_(testing::MakeZeroed<StackTrie>()) {
    EXPECT_TRUE(ledger_->Create());
    EXPECT_TRUE(trie_->Start(ledger_.get(), "/none"));
    PrepareFindModule();
  }

  StackId Intern(Pcs pcs, LastStack* last) {
    return trie_->Intern(pcs.data(), static_cast<int>(pcs.size()), last);
  }

  Pcs Unroll(StackId id) {
    Pcs pcs;
    for (; id != 0; id = ledger_->Entry<ledger::Node>(Table::kNodes, id)->parent) {
      const uint32_t frame = ledger_->Entry<ledger::Node>(Table::kNodes, id)->frame;
      pcs.push_back(ledger_->Entry<ledger::Frame>(Table::kFrames, frame)->pc);
    }
    return pcs;
  }

  std::unique_ptr<ledger::Ledger, testing::Unmap<ledger::Ledger>> ledger_;
  std::unique_ptr<StackTrie, testing::Unmap<StackTrie>> trie_;
};

// A stack that shares a random part of its outer frames with the last one, as real ones do.
Pcs NextStack(const Pcs& last, std::mt19937_64& random) {
  const size_t keep = last.empty() ? 0 : random() % (last.size() + 1);
  Pcs next;
  for (size_t i = random() % 12; i > 0; --i) next.push_back(0x1000 + random() % 300);
  next.insert(next.end(), last.end() - static_cast<std::ptrdiff_t>(keep), last.end());
  if (next.empty()) next.push_back(0x1000);
  if (next.size() > 200) next.resize(100);
  return next;
}

TEST_F(StackTrieTest, EqualStacksHaveEqualIdsAndIdsLeadBack) {
  std::mt19937_64 random(7);
  std::map<Pcs, StackId> known;
  auto last = std::make_unique<LastStack>();
  Pcs pcs;
  for (int i = 0; i < 100000; ++i) {
    pcs = NextStack(pcs, random);
    const StackId id = Intern(pcs, last.get());
    const auto [it, is_new] = known.emplace(pcs, id);
    ASSERT_EQ(it->second, id) << "stack " << i;
    if (is_new) {
      ASSERT_EQ(Unroll(id), pcs) << "stack " << i;
    }
    if (i % 20000 == 19999) trie_->AdvanceGeneration();
  }
  std::map<StackId, int> ids;
  for (const auto& [stack, id] : known) ASSERT_EQ(++ids[id], 1);
  printf("compared 100000 stacks, %zu different\n", known.size());
  EXPECT_GE(known.size(), 50000u);
}

TEST_F(StackTrieTest, ThreadsAgreeOnIds) {
  constexpr int kThreads = 4;
  std::vector<std::map<Pcs, StackId>> known(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &known] {
      std::mt19937_64 random(11);  // the same stacks in every thread, at the same time
      auto last = std::make_unique<LastStack>();
      Pcs pcs;
      for (int i = 0; i < 30000; ++i) {
        pcs = NextStack(pcs, random);
        known[static_cast<size_t>(t)].emplace(pcs, Intern(pcs, last.get()));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 1; t < kThreads; ++t) EXPECT_EQ(known[0], known[static_cast<size_t>(t)]);
  EXPECT_GE(known[0].size(), 10000u);
}

TEST_F(StackTrieTest, DeepStacksLoseTheirMiddleAndSaySo) {
  auto last = std::make_unique<LastStack>();
  Pcs pcs;
  for (uint64_t i = 0; i < 3000; ++i) pcs.push_back(0x1000 + i);
  const Pcs found = Unroll(Intern(pcs, last.get()));
  ASSERT_EQ(found.size(), ledger::kMaxDepth);
  EXPECT_EQ(found.front(), pcs.front());
  EXPECT_EQ(found.back(), pcs.back());
  EXPECT_EQ(found[383], static_cast<uint64_t>(ledger::SpecialFrame::kCut));
  EXPECT_EQ(found[384], pcs[3000 - 128]);
  EXPECT_EQ(ledger_->header().losses[static_cast<size_t>(ledger::Loss::kStackCut)], 1u);
  pcs.resize(ledger::kMaxDepth);
  EXPECT_EQ(Unroll(Intern(pcs, last.get())), pcs);
}

TEST_F(StackTrieTest, AddressesKnowTheirModule) {
  auto last = std::make_unique<LastStack>();
  const uint64_t here = reinterpret_cast<uint64_t>(&NextStack);
  const uint64_t libc = reinterpret_cast<uint64_t>(&getenv);
  const StackId id = Intern({here, libc, 0x1234}, last.get());
  std::vector<uint32_t> modules;
  for (StackId node = id; node != 0;
       node = ledger_->Entry<ledger::Node>(Table::kNodes, node)->parent) {
    const uint32_t frame = ledger_->Entry<ledger::Node>(Table::kNodes, node)->frame;
    modules.push_back(ledger_->Entry<ledger::Frame>(Table::kFrames, frame)->module);
  }
  ASSERT_EQ(modules.size(), 3u);
  EXPECT_NE(modules[0], modules[1]);
  EXPECT_EQ(modules[2], ledger::kModuleUnknown);
  const ledger::Module& module = *ledger_->Entry<ledger::Module>(Table::kModules, modules[1]);
  EXPECT_LE(module.start, libc);
  EXPECT_GT(module.end, libc);
  EXPECT_EQ(module.build_id_bytes, 20u);
}

TEST(FindModuleTest, TheLoadersLookUpAndTheWalkAgree) {
  PrepareFindModule();
  const uint64_t places[] = {reinterpret_cast<uint64_t>(&NextStack),
                             reinterpret_cast<uint64_t>(&getenv),
                             reinterpret_cast<uint64_t>(&std::thread::hardware_concurrency)};
  for (const uint64_t pc : places) {
    ModuleInfo fast = {}, slow = {};
    ASSERT_TRUE(FindModule(pc, &fast));
    ASSERT_TRUE(FindModuleByWalk(pc, &slow));
    EXPECT_EQ(fast.bias, slow.bias);
    EXPECT_EQ(fast.start, slow.start);
    EXPECT_EQ(fast.end, slow.end);
    EXPECT_STREQ(fast.path, slow.path);
    ASSERT_EQ(fast.build_id_bytes, slow.build_id_bytes);
    EXPECT_EQ(memcmp(fast.build_id, slow.build_id, fast.build_id_bytes), 0);
  }
  ModuleInfo none;
  EXPECT_FALSE(FindModule(0x1234, &none));
  EXPECT_FALSE(FindModuleByWalk(0x1234, &none));
}

}  // namespace
}  // namespace memshim::unwind
