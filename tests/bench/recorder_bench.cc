// What recording one allocation and its free costs, without hooks and unwinding:
//   recorder_bench            nanoseconds by Google Benchmark
//   field_costs.py            what each of the figures beyond DHAT's adds to it
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <vector>

#include "shim/record/recorder.h"
#include "shim/unwind/stack_trie.h"
#include "tests/unit/shim_testing.h"

namespace memshim::record {
namespace {

// A recording that lives as long as the program: mappings are given back at its end.
struct Recording {
  Recording()
      : ledger(testing::MakeZeroed<ledger::Ledger>()),
        trie(testing::MakeZeroed<unwind::StackTrie>()),
        recorder(testing::MakeZeroed<Recorder>()),
        shard(testing::MakeZeroed<Shard>()) {
    ledger->Create();
    trie->Start(ledger.get(), "/none");
    recorder->Start(ledger.get(), unwind::kOutOfSpaceStack, false, true);
    recorder->StartShard(shard.get(), 0);
    t_thread = 1;
    shard->TakeFor(1, false);
  }
  uint32_t Stack(uint64_t n) {
    uint64_t pcs[] = {0x1000 + n};
    auto last = std::make_unique<unwind::LastStack>();
    return trie->Intern(pcs, 1, last.get());
  }

  std::unique_ptr<ledger::Ledger, testing::Unmap<ledger::Ledger>> ledger;
  std::unique_ptr<unwind::StackTrie, testing::Unmap<unwind::StackTrie>> trie;
  std::unique_ptr<Recorder, testing::Unmap<Recorder>> recorder;
  std::unique_ptr<Shard, testing::Unmap<Shard>> shard;
};

// One block of one size at one point, freed at once.
void OnePoint(benchmark::State& state) {
  Recording recording;
  const uint32_t stack = recording.Stack(1);
  while (state.KeepRunning()) {
    recording.recorder->OnAllocate(*recording.shard, {stack}, ledger::AllocationFunction::kMalloc,
                                   recording.recorder->Expect(0x1000), 0x1000, 24, 24);
    recording.recorder->OnFree(*recording.shard, 0x1000);
  }
}
BENCHMARK(OnePoint);

// Sizes of 8 to 2,048 bytes at `points` points; each block is freed 1,000 blocks later.
void ManyPoints(benchmark::State& state) {
  constexpr size_t kLive = 1000;
  constexpr size_t kPlanned = 1 << 16;
  Recording recording;
  std::mt19937 random(1);
  const auto points = static_cast<uint32_t>(state.range(0));
  std::vector<PointId> ids;
  for (uint32_t i = 0; i < points; ++i) ids.push_back(recording.Stack(i));
  struct Request {
    uint32_t stack;
    uint64_t size;
  };
  std::vector<Request> planned;
  for (size_t i = 0; i < kPlanned; ++i) {
    planned.push_back({ids[random() % points], uint64_t{8} << random() % 8});
  }
  uint64_t n = 0;
  while (state.KeepRunning()) {
    const Request& request = planned[n % kPlanned];
    const uint64_t address = n % kLive * 4096 + 0x10000;
    if (n >= kLive) recording.recorder->OnFree(*recording.shard, address);
    recording.recorder->OnAllocate(
        *recording.shard, {request.stack}, ledger::AllocationFunction::kMalloc,
        recording.recorder->Expect(address), address, request.size, request.size + 8);
    ++n;
  }
}
BENCHMARK(ManyPoints)->Arg(100)->Arg(20000);

}  // namespace
}  // namespace memshim::record

BENCHMARK_MAIN();
