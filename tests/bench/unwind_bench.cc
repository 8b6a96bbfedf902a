// What taking a stack costs, and the parts it is made of: with so many frames changed since the
// last one, looking up what is known of an address, learning it, and stack nodes.
#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

#include "registers.h"
#include "shim/base/attributes.h"
#include "shim/unwind/unwinder.h"
#include "tests/unit/shim_testing.h"

namespace memshim::unwind {
namespace {

// Keeps a call from becoming a jump.
template <typename T>
void Use(T value) {
  __asm__ volatile("" : : "g"(value) : "memory");
}

// Lives as long as the program: mappings are given back at its end.
struct Unwinding {
  std::unique_ptr<ledger::Ledger, testing::Unmap<ledger::Ledger>> ledger =
      testing::MakeZeroed<ledger::Ledger>();
  std::unique_ptr<StackTrie, testing::Unmap<StackTrie>> trie = testing::MakeZeroed<StackTrie>();
  std::unique_ptr<CodeCache, testing::Unmap<CodeCache>> codes = testing::MakeZeroed<CodeCache>();
  std::unique_ptr<Memo, testing::Unmap<Memo>> memo = testing::MakeZeroed<Memo>();
  std::unique_ptr<CaptureScratch, testing::Unmap<CaptureScratch>> scratch =
      testing::MakeZeroed<CaptureScratch>();
  bool is_ready = false;

  Unwinding() {
    PrepareFindModule();
    memo->Start();
    is_ready = ledger->Create() && trie->Start(ledger.get(), "/none") && OpenEngine(Engine::kCfi);
  }
};

// As a hook takes it. 0: not by the memo.
MEMSHIM_NOINLINE StackId TakeStack(Unwinding* unwinding) {
  const FrameState caller = CallerOf(__builtin_frame_address(0));
  constexpr int kDeepest = ledger::kMaxDepth;
  Memo* const memo = unwinding->memo.get();
  const Memo::Found found =
      RecallByCfi(caller, kDeepest, *unwinding->scratch, memo, *unwinding->trie);
  const int depth = CaptureByCfi(caller, found, kDeepest, unwinding->scratch.get(), memo,
                                 unwinding->codes.get(), unwinding->trie.get());
  return depth == kInMemo ? unwinding->memo->Name(unwinding->trie.get()) : 0;
}

// Two chains of calls that end in a stack taken.
template <int kChain>
MEMSHIM_NOINLINE StackId Chain(Unwinding* unwinding, int frames) {
  const StackId stack = frames > 1 ? Chain<kChain>(unwinding, frames - 1) : TakeStack(unwinding);
  Use(kChain);
  return stack;
}

// The loop at `frames` of depth. The chains take turns, so that their frames are others each time.
MEMSHIM_NOINLINE void TakeInLoop(benchmark::State& state, Unwinding* unwinding, int frames,
                                 int changed) {
  if (frames > 0) {
    TakeInLoop(state, unwinding, frames - 1, changed);
    Use(frames);
    return;
  }
  uint64_t missing = 0;
  for (bool is_other = false; state.KeepRunning(); is_other = !is_other) {
    const StackId stack = changed == 0 ? TakeStack(unwinding)
                          : is_other   ? Chain<1>(unwinding, changed)
                                       : Chain<0>(unwinding, changed);
    missing += stack == 0 ? 1 : 0;
  }
  if (missing > 0) state.SkipWithError("stacks were not taken by the memo");
}

void Stack(benchmark::State& state) {
  static Unwinding unwinding;
  if (!unwinding.is_ready) return state.SkipWithError("no memory, or no engine");
  const auto depth = static_cast<int>(state.range(0)), changed = static_cast<int>(state.range(1));
  TakeInLoop(state, &unwinding, depth - changed, changed);
}
BENCHMARK(Stack)->ArgNames({"depth", "changed"})->ArgsProduct({{20, 60}, {0, 1, 2, 4, 8, 16}});
BENCHMARK(Stack)->ArgNames({"depth", "changed"})->Args({5, 0})->Args({5, 2});

// What is known of addresses that were seen before.
void KnownAddresses(benchmark::State& state) {
  const auto codes = testing::MakeZeroed<CodeCache>();
  const auto addresses = static_cast<uint64_t>(state.range(0));
  constexpr uint64_t kFirst = 0x400000, kSpacing = 37;
  for (uint64_t i = 0; i < addresses; ++i) codes->Put(kFirst + i * kSpacing, 1, KnownCode(i + 1));
  const CodeCache::Reader reader(*codes, 1);
  std::minstd_rand random(1);
  while (state.KeepRunning()) {
    const KnownCode known = reader.Find(kFirst + random() % addresses * kSpacing);
    if (!known.is_known()) return state.SkipWithError("an address was forgotten");
  }
}
BENCHMARK(KnownAddresses)->Arg(100)->Arg(10000);

// The rule of an address that was never seen: from the module's description of frames.
void NewAddress(benchmark::State& state) {
  const auto scratch = testing::MakeZeroed<CfiScratch>();
  PrepareFindModule();
  const uint64_t addresses[] = {
      reinterpret_cast<uint64_t>(&TakeStack), reinterpret_cast<uint64_t>(&TakeInLoop),
      reinterpret_cast<uint64_t>(&printf), reinterpret_cast<uint64_t>(&qsort)};
  uint64_t n = 0;
  while (state.KeepRunning()) {
    bool is_signal_frame;
    const CfiResult result = FindRowOf(addresses[n++ % 4] + 4, scratch.get(), &is_signal_frame);
    if (result != CfiResult::kFound) return state.SkipWithError("no description of a frame");
    benchmark::DoNotOptimize(CompactForm(scratch->row));
  }
}
BENCHMARK(NewAddress);

// A trie of `nodes`: each a child of a random one before it.
struct Tree {
  Unwinding unwinding;
  std::vector<std::pair<StackId, uint32_t>> made;  // parent and frame of each

  explicit Tree(size_t nodes) {
    constexpr uint32_t kFrames = 1000;
    std::vector<StackId> ids = {0};
    std::minstd_rand random(1);
    for (size_t i = 0; i < nodes; ++i) {
      made.emplace_back(ids[random() % ids.size()], 1 + random() % kFrames);
      ids.push_back(unwinding.trie->Child(made.back().first, made.back().second));
    }
  }
};

// Made once: a benchmark is called several times, until it has run long enough.
const Tree& TreeOf(size_t nodes) {
  static std::map<size_t, Tree> trees;
  return trees.try_emplace(nodes, nodes).first->second;
}

void KnownNodes(benchmark::State& state) {
  const Tree& tree = TreeOf(static_cast<size_t>(state.range(0)));
  std::minstd_rand random(1);
  while (state.KeepRunning()) {
    const auto& [parent, frame] = tree.made[random() % tree.made.size()];
    const StackId id = tree.unwinding.trie->Child(parent, frame);
    if (id == kOutOfSpaceStack) return state.SkipWithError("no room for the nodes");
  }
}
BENCHMARK(KnownNodes)->Arg(1000)->Arg(100000)->Arg(1000000);

// Each is made for the first time.
void NewNodes(benchmark::State& state) {
  const Unwinding unwinding;
  StackId parent = 0;
  while (state.KeepRunning()) {
    const StackId id = unwinding.trie->Child(parent, 1);
    if (id == kOutOfSpaceStack) return state.SkipWithError("no room for the nodes");
    parent = id;
  }
}
BENCHMARK(NewNodes)->Iterations(500000);

}  // namespace
}  // namespace memshim::unwind

BENCHMARK_MAIN();
