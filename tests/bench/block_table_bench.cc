// What it costs to enter a block into the table and to take it out: where small blocks lie, a
// shadow of the heap, and where all others do, a hash.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <vector>

#include "shim/record/block_table.h"
#include "tests/unit/shim_testing.h"

namespace memshim::record {
namespace {

constexpr uint64_t kSpacing = 96;  // of the addresses: glibc's for requests of 85 bytes

// A table that lives as long as the program: its memory is not given back.
BlockTable* NewTable(bool are_spaced) {
  BlockTable* table = testing::MakeZeroed<BlockTable>().release();
  table->Start(are_spaced);
  return table;
}

void Enter(BlockTable* table, uint64_t address) {
  const Block block = {1, 1, 85, 1};
  if (table->InsertQuickly(address, block)) return;
  Block old;
  table->Insert(address, block, &old);
}

// One block that comes and goes, as in a loop.
void OneAddress(benchmark::State& state, bool are_spaced) {
  static BlockTable* const tables[] = {NewTable(false), NewTable(true)};
  BlockTable* table = tables[are_spaced ? 1 : 0];
  while (state.KeepRunning()) {
    Enter(table, 0x1000);
    Block block;
    benchmark::DoNotOptimize(table->Remove(0x1000, &block));
  }
}
BENCHMARK_CAPTURE(OneAddress, shadow, true);
BENCHMARK_CAPTURE(OneAddress, hash, false);

// `blocks` that live; a random one goes and comes again.
void RandomOfLive(benchmark::State& state, bool are_spaced) {
  const auto blocks = static_cast<uint64_t>(state.range(0));
  BlockTable* table = NewTable(are_spaced);
  constexpr uint64_t kFirst = 0x10000;
  for (uint64_t i = 0; i < blocks; ++i) Enter(table, kFirst + i * kSpacing);
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
