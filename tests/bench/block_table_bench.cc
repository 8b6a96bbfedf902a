// What it costs to enter a block into the table and to take it out: where small blocks lie, a
// shadow of the heap, and where all others do, a hash.
#include <benchmark/benchmark.h>

#include <map>
#include <random>
#include <utility>

#include "shim/record/block_table.h"
#include "tests/unit/shim_testing.h"

namespace memshim::record {
namespace {

constexpr uint64_t kSpacing = 96;  // of the addresses: glibc's for requests of 85 bytes

void Enter(BlockTable* table, uint64_t address) {
  const Block block = {CellIn(alignof(ledger::Cell)), 85, 1, 1};
  if (table->InsertQuickly(table->Expect(address), address, block)) return;
  Block old;
  table->Insert(address, block, &old);
}

constexpr uint64_t kFirst = 0x10000;

// A table with so many blocks. Made once, as a benchmark is called several times, until it has run
// long enough.
BlockTable* TableOf(uint64_t blocks, bool are_spaced) {
  static std::map<std::pair<uint64_t, bool>, BlockTable*> tables;
  BlockTable*& table = tables[{blocks, are_spaced}];
  if (table == nullptr) {
    table = testing::MakeZeroed<BlockTable>().release();
    table->Start(are_spaced);
    for (uint64_t i = 0; i < blocks; ++i) Enter(table, kFirst + i * kSpacing);
  }
  return table;
}

// One block that comes and goes, as in a loop.
void OneAddress(benchmark::State& state, bool are_spaced) {
  BlockTable* table = TableOf(0, are_spaced);
  while (state.KeepRunning()) {
    Enter(table, 0x1000);
    Block block;
    benchmark::DoNotOptimize(table->Remove(0x1000, &block));
  }
}
BENCHMARK_CAPTURE(OneAddress, shadow, true);
BENCHMARK_CAPTURE(OneAddress, hash, false);

// So many blocks live; a random one goes and comes again.
void RandomOfLive(benchmark::State& state, bool are_spaced) {
  const auto blocks = static_cast<uint64_t>(state.range(0));
  BlockTable* table = TableOf(blocks, are_spaced);
  std::minstd_rand random(1);
  while (state.KeepRunning()) {
    const uint64_t address = kFirst + random() % blocks * kSpacing;
    Block block;
    if (table->Remove(address, &block) != BlockTable::Outcome::kDone) {
      state.SkipWithError("a live block was not found");
      return;
    }
    Enter(table, address);
  }
}
BENCHMARK_CAPTURE(RandomOfLive, shadow, true)->Arg(1000)->Arg(100000)->Arg(1000000);
BENCHMARK_CAPTURE(RandomOfLive, hash, false)->Arg(1000)->Arg(100000);

}  // namespace
}  // namespace memshim::record

BENCHMARK_MAIN();
