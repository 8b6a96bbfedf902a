// A recording without hooks, for the tests of shim/record: into an anonymous ledger that the
// analyzer then reads.
#ifndef MEMSHIM_TESTS_UNIT_RECORDING_H_
#define MEMSHIM_TESTS_UNIT_RECORDING_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "analyzer/ledger/reader.h"
#include "shim/record/recorder.h"
#include "shim/unwind/stack_trie.h"
#include "tests/unit/shim_testing.h"

namespace memshim::testing {

// By as many shards as asked for, in one thread.
class Recording {
 public:
  explicit Recording(uint32_t shards, bool are_blocks_spaced = false)
      : ledger_(MakeZeroed<ledger::Ledger>()),
        trie_(MakeZeroed<unwind::StackTrie>()),
        recorder_(MakeZeroed<record::Recorder>()) {
    EXPECT_TRUE(ledger_->Create());
    EXPECT_TRUE(trie_->Start(ledger_.get(), "/none"));
    EXPECT_TRUE(
        recorder_->Start(ledger_.get(), unwind::kOutOfSpaceStack, false, are_blocks_spaced));
    for (uint32_t i = 0; i < shards; ++i) {
      shards_.push_back(MakeZeroed<record::Shard>());
      EXPECT_TRUE(recorder_->StartShard(shards_.back().get(), i));
    }
    ledger_->header().phase = ledger::Phase::kRecording;
  }

  ledger::Ledger& ledger() { return *ledger_; }
  record::Recorder& recorder() { return *recorder_; }
  record::Shard& shard(uint64_t i) { return *shards_[i % shards_.size()]; }
  record::PointId Point(uint64_t n) {
    uint64_t pcs[] = {0x1000 + n};
    auto last = std::make_unique<unwind::LastStack>();
    return recorder_->PointFor(trie_->Intern(pcs, 1, last.get()),
                               ledger::AllocationFunction::kMalloc);
  }

  void Allocate(record::Shard& shard, record::PointId point, uint64_t address, uint64_t size,
                uint64_t usable = 0) {
    const uint32_t stack = ledger_->Entry<ledger::Point>(ledger::Table::kPoints, point)->stack;
    recorder_->OnAllocate(shard, {stack}, ledger::AllocationFunction::kMalloc,
                          recorder_->Expect(address), address, size, usable);
  }

  analyzer::ledger::Contents Read() {
    const std::string path = MoveToNewFile(ledger_.get());
    auto contents = analyzer::ledger::ReadLedger(path);
    unlink(path.c_str());
    EXPECT_TRUE(contents.ok()) << contents.status();
    return *contents;
  }

 private:
  std::unique_ptr<ledger::Ledger, Unmap<ledger::Ledger>> ledger_;
  std::unique_ptr<unwind::StackTrie, Unmap<unwind::StackTrie>> trie_;
  std::unique_ptr<record::Recorder, Unmap<record::Recorder>> recorder_;
  std::vector<std::unique_ptr<record::Shard, Unmap<record::Shard>>> shards_;
};

}  // namespace memshim::testing

#endif  // MEMSHIM_TESTS_UNIT_RECORDING_H_
