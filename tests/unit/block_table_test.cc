// The table of live blocks against a map of the standard library.
#include "shim/record/block_table.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

#include "tests/unit/shim_testing.h"

namespace memshim::record {
namespace {

using Outcome = BlockTable::Outcome;

// No cell is there.
ledger::Cell* CellAt(uint64_t n) { return CellIn(n * alignof(ledger::Cell)); }

// Large or small by its address alone: a small block where a large one was left is not noticed.
Block MakeBlock(uint32_t n, uint64_t address = 0) {
  const uint64_t size = address / 4096 % 5 == 0 ? 8193ull + n : n % 8193;
  return {CellAt(n), size, n * 70368744ull, n * 2654435761u};
}

bool Equal(const Block& a, const Block& b) {
  return a.cell == b.cell && a.thread == b.thread && a.size == b.size &&
         a.birth_ticks == b.birth_ticks;
}

// Addresses of few values in three spacings, so that probe runs are long, meet and are torn.
class Addresses {
 public:
  explicit Addresses(uint64_t spacing) : spacing_(spacing) {}
  uint64_t operator()(std::mt19937_64& random) const {
    return 0x7f0000000000ull + random() % 50000 * spacing_;
  }

 private:
  uint64_t spacing_;
};

TEST(BlockTableTest, AgreesWithAMapOverRandomInsertsAndRemoves) {
  uint64_t compared = 0;
  for (const uint64_t spacing : {8, 32, 4096, 32 | 1, 4096 | 1}) {
    auto table = testing::MakeZeroed<BlockTable>();
    // Odd: the same with all blocks spaced, so that most lie in the shadow.
    table->Start(spacing % 2 != 0);
    std::unordered_map<uint64_t, Block> model;
    std::mt19937_64 random(spacing);
    const Addresses next(spacing & ~uint64_t{1});
    for (uint32_t i = 0; i < 400000; ++i) {
      const uint64_t address = next(random);
      const auto found = model.find(address);
      Block block = {};
      if (random() % 2 == 0) {
        const Outcome outcome = table->Insert(address, MakeBlock(i, address), &block);
        ASSERT_EQ(outcome, found == model.end() ? Outcome::kDone : Outcome::kReplaced);
        if (found != model.end()) {
          ASSERT_TRUE(Equal(block, found->second));
        }
        model[address] = MakeBlock(i, address);
      } else {
        const Outcome outcome = table->Remove(address, &block);
        ASSERT_EQ(outcome, found == model.end() ? Outcome::kNotFound : Outcome::kDone);
        if (found != model.end()) {
          ASSERT_TRUE(Equal(block, found->second));
          model.erase(found);
        }
      }
      ++compared;
    }
    for (const auto& [address, expected] : model) {
      Block block = {};
      ASSERT_EQ(table->Remove(address, &block), Outcome::kDone);
      ASSERT_TRUE(Equal(block, expected));
      ++compared;
    }
  }
  printf("compared %llu operations\n", static_cast<unsigned long long>(compared));
  EXPECT_GE(compared, 2000000u);
}

// Of the two halves of a granule one may hold a block: what is freed in the other one is unknown.
TEST(BlockTableTest, TheOtherHalfOfASlotIsAnotherAddress) {
  auto table = testing::MakeZeroed<BlockTable>();
  table->Start(/*are_spaced=*/true);
  int compared = 0;
  for (uint64_t address = 0x7f0000000040; address < 0x7f0000002040; address += 48) {
    const Block made = {CellAt(address / 16), 64, 2, 1};  // small
    Block block = {};
    ASSERT_EQ(table->Insert(address, made, &block), Outcome::kDone);
    ASSERT_EQ(table->Remove(address ^ 16, &block), Outcome::kNotFound) << std::hex << address;
    ASSERT_EQ(table->Remove(address, &block), Outcome::kDone);
    ASSERT_TRUE(Equal(block, made));
    ++compared;
  }
  EXPECT_GE(compared, 100);
}

TEST(BlockTableTest, KeepsTheLargestFigures) {
  auto table = testing::MakeZeroed<BlockTable>();
  table->Start(/*are_spaced=*/true);
  ledger::Cell* const last = reinterpret_cast<ledger::Cell*>(0xffffffffff00ull);  // of 48 bits
  const Block largest[] = {
      {last, BlockShadow::kLargestSize, BlockShadow::kMostTicks - 1, 0xffff},
      {last, 1, BlockShadow::kMostTicks - 1, 0x10000},
      {last, uint64_t{1} << 47, (uint64_t{1} << 56) - 1, 0xffffffff},
      {nullptr, 1, 0, 0},
  };
  for (const Block& made : largest) {
    for (const uint64_t address : {0x7f0000000040, 0x7f0000000050}) {
      Block block = {};
      ASSERT_EQ(table->Insert(address, made, &block), Outcome::kDone);
      ASSERT_EQ(table->Remove(address, &block), Outcome::kDone);
      EXPECT_TRUE(Equal(block, made)) << made.size;
    }
  }
}

TEST(BlockTableTest, ThreadsThatPassBlocksToEachOtherLoseNone) {
  auto table = testing::MakeZeroed<BlockTable>();
  constexpr int kThreads = 4;
  constexpr uint64_t kBlocks = 50000;
  // Each thread inserts its own and removes its neighbour's blocks, waiting for them.
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&table, t] {
      for (uint64_t i = 0; i < kBlocks; ++i) {
        Block block = {};
        table->Insert((t * kBlocks + i + 1) * 16, MakeBlock(static_cast<uint32_t>(i)), &block);
        const uint64_t other = (((t + 1) % kThreads) * kBlocks + i + 1) * 16;
        while (table->Remove(other, &block) == Outcome::kNotFound) std::this_thread::yield();
        ASSERT_EQ(block.cell, CellAt(i));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Block block = {};
  for (uint64_t i = 0; i < kThreads * kBlocks; ++i) {
    ASSERT_EQ(table->Remove((i + 1) * 16, &block), Outcome::kNotFound);
  }
}

// Bytes of the process that are in memory.
uint64_t Resident() {
  std::ifstream file("/proc/self/statm");
  uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * base::kPageBytes;
}

TEST(BlockTableTest, GivesBackWhatHoldsNoBlock) {
  constexpr uint64_t kBlocks = 1 << 20, kFirst = 0x7f0000000000;
  constexpr uint64_t kKept = 1000 * base::kPageBytes / base::kLargestPageBytes;  // most pages none
  auto table = testing::MakeZeroed<BlockTable>();
  table->Start(true);
  Block block;
  const uint64_t before = Resident();
  for (uint32_t i = 0; i < kBlocks; ++i) {
    ASSERT_EQ(table->Insert(kFirst + 32 * i, {CellAt(i), 20, i, 1}, &block), Outcome::kDone);
  }
  const uint64_t full = Resident();
  for (uint32_t i = 0; i < kBlocks; ++i) {
    if (i % (kBlocks / kKept) == 0 && i < kBlocks / 2) continue;
    ASSERT_EQ(table->Remove(kFirst + 32 * i, &block), Outcome::kDone);
  }
  uint64_t next = 0;
  int steps = 1;
  while (!table->GiveBack(&next, 1)) ++steps;
  const uint64_t after = Resident();
  printf("%llu MiB of blocks, %llu MiB after %d leaves\n",
         static_cast<unsigned long long>((full - before) >> 20),
         static_cast<unsigned long long>((after - before) >> 20), steps);
  EXPECT_GE(full - before, kBlocks * 16);
  // (Not what is left: a sanitizer's notes on the memory are never given back.)
  EXPECT_GE(full - after, kBlocks * 16 / 4 * 3);
  EXPECT_GE(steps, 8);
  uint64_t found = 0;
  for (uint32_t i = 0; i < kBlocks; ++i) {
    if (table->Remove(kFirst + 32 * i, &block) != Outcome::kDone) continue;
    ASSERT_EQ(block.cell, CellAt(i));
    ++found;
  }
  EXPECT_EQ(found, kKept / 2 + 1);
}

}  // namespace
}  // namespace memshim::record
