// The ledger as written by the shim's part and read by the analyzer's: growth, the move into a
// file, full ledgers, and files that are cut or lie.
#include "shim/ledger/ledger.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analyzer/ledger/reader.h"
#include "shim/base/restricted.h"
#include "shim/base/single_threaded.h"
#include "shim/record/recorder.h"
#include "shim/unwind/stack_trie.h"
#include "tests/unit/shim_testing.h"

namespace memshim::ledger {
namespace {

using analyzer::ledger::ReadLedger;

// Fills a ledger through its users, so that all its tables have entries.
class Filled {
 public:
  explicit Filled(int stacks)
      : ledger(testing::MakeZeroed<Ledger>()),
        trie(testing::MakeZeroed<unwind::StackTrie>()),
        recorder(testing::MakeZeroed<record::Recorder>()),
        shard(testing::MakeZeroed<record::Shard>()) {
    EXPECT_TRUE(ledger->Create());
    EXPECT_TRUE(trie->Start(ledger.get(), "/none"));
    EXPECT_TRUE(recorder->Start(ledger.get(), unwind::kOutOfSpaceStack, false, false));
    EXPECT_TRUE(recorder->StartShard(shard.get(), 0));
    ledger->header().phase = Phase::kRecording;
    Add(stacks);
  }
  void Add(int stacks) {
    auto last = std::make_unique<unwind::LastStack>();
    for (int i = 0; i < stacks; ++i, ++added) {
      uint64_t pcs[] = {0x1000 + added, 0x2000 + added % 7,
                        reinterpret_cast<uint64_t>(&getenv) + added % 3};
      const uint32_t stack = trie->Intern(pcs, 3, last.get());
      const uint64_t address = 16 * (added + 1);
      recorder->OnAllocate(*shard, {stack}, AllocationFunction::kCalloc, recorder->Expect(address),
                           address, 100);
    }
  }

  std::unique_ptr<Ledger, testing::Unmap<Ledger>> ledger;
  std::unique_ptr<unwind::StackTrie, testing::Unmap<unwind::StackTrie>> trie;
  std::unique_ptr<record::Recorder, testing::Unmap<record::Recorder>> recorder;
  std::unique_ptr<record::Shard, testing::Unmap<record::Shard>> shard;
  uint64_t added = 0;
};

uint64_t TotalBlocks(const analyzer::ledger::Contents& contents) {
  uint64_t total = 0;
  for (const auto& sums : contents.sums) total += sums.total_blocks;
  return total;
}

TEST(LedgerTest, KeepsEverythingThroughGrowthAndTheMoveIntoAFile) {
  // 40,000 points: several units of cells, mapped in several steps, before and after the move.
  for (const int before : {0, 10, 3000, 40000}) {
    Filled filled(before);
    const std::string path = testing::MoveToNewFile(filled.ledger.get());
    ASSERT_FALSE(path.empty());
    filled.Add(40000);
    const auto contents = ReadLedger(path);
    unlink(path.c_str());
    ASSERT_TRUE(contents.ok()) << contents.status();
    EXPECT_EQ(TotalBlocks(*contents), static_cast<uint64_t>(before) + 40000);
    EXPECT_EQ(contents->points.size(), static_cast<size_t>(before) + 40000 +
                                           static_cast<size_t>(AllocationFunction::kCount));
    EXPECT_EQ(contents->losses[static_cast<size_t>(Loss::kOutOfSpace)], 0u);
  }
}

// Calls by which this process has written to files.
uint64_t CallsThatWrote() {
  std::ifstream figures("/proc/self/io");
  std::string name;
  uint64_t calls = 0;
  while (figures >> name >> calls && name != "syscw:") {
  }
  EXPECT_EQ(name, "syscw:");
  return calls;
}

// A ledger in a file that grows by a megabyte of cells: whether it wrote to the file by a call.
class GrowthTest : public ::testing::Test {
 protected:
  GrowthTest() : filled_(100), path_(testing::MoveToNewFile(filled_.ledger.get())) {
    static constexpr char kOneThread = 1;
    base::g_single_threaded = &kOneThread;
  }
  ~GrowthTest() override {
    base::g_single_threaded = &base::kMayHaveThreads;
    unlink(path_.c_str());
  }

  bool DoesWrite() {
    const uint64_t before = CallsThatWrote();
    reserved_ += 4096;
    EXPECT_TRUE(filled_.ledger->Reserve(Table::kCells, reserved_));
    return CallsThatWrote() != before;
  }

  Filled filled_;
  std::string path_;
  uint32_t reserved_ = 0;
};

// Not so under qemu-user: a ledger has there from the start all that it will ever have.
bool HasSecondViews() {
  constexpr size_t kBytes = base::kLargestPageBytes;
  void* first = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  EXPECT_NE(first, MAP_FAILED);
  return mremap(first, 0, kBytes, MREMAP_MAYMOVE) != MAP_FAILED;
}

TEST_F(GrowthTest, IsWrittenAhead) {
  EXPECT_EQ(DoesWrite(), HasSecondViews());
  filled_.Add(10000);
  const auto contents = ReadLedger(path_);
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(TotalBlocks(*contents), 10100u);
}

TEST_F(GrowthTest, IsNotWrittenWhereThereMayBeOtherThreads) {
  base::g_single_threaded = &base::kMayHaveThreads;
  EXPECT_FALSE(DoesWrite());
}

TEST_F(GrowthTest, IsNotWrittenUnderRestrictions) {
  base::g_restrictions = 1;
  EXPECT_FALSE(DoesWrite());
  base::g_restrictions = 0;
}

TEST_F(GrowthTest, IsNotWrittenBeyondTheLimitOnFiles) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit low = {uint64_t{1} << 20, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &low), 0);
  EXPECT_FALSE(DoesWrite());  // nor does SIGXFSZ end the test
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
}

TEST_F(GrowthTest, IsNotWrittenToAnotherFileOfThatName) {
  const std::string moved = path_ + ".moved";
  ASSERT_EQ(rename(path_.c_str(), moved.c_str()), 0);
  std::ofstream(path_).close();
  EXPECT_FALSE(DoesWrite());
  std::ifstream other(path_, std::ios::ate);
  EXPECT_EQ(other.tellg(), 0);
  // Nor by a link to the ledger itself.
  unlink(path_.c_str());
  ASSERT_EQ(symlink(moved.c_str(), path_.c_str()), 0);
  EXPECT_FALSE(DoesWrite());
  unlink(moved.c_str());
}

TEST_F(GrowthTest, IsNotWrittenByAForkedChild) {
  // As one that a signal handler has made within a hook.
  ASSERT_TRUE(base::KeepPrivateOnFork(true));
  const pid_t child = fork();
  if (child == 0) {
    const bool does_write = DoesWrite();
    _exit(HasFailure() ? 2 : does_write ? 1 : 0);
  }
  base::KeepPrivateOnFork(false);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(LedgerTest, TheRunEndsWithTheLastEventOfAnyThread) {
  // Another thread was in the middle of an event, and took a sample, when the end was noted.
  Filled filled(100);
  Header& header = filled.ledger->header();
  header.phase = Phase::kEnded;
  header.end_ticks = 1'000'000'000;
  filled.ledger->shard_heads()[0].last_ticks = 1'500'000'000;
  for (const uint64_t sample : {500'000'000u, 1'200'000'000u, 2'000'000'000u}) {
    filled.ledger->timeline()[header.timeline_count++] = {sample, sample, 1, 1};
    const std::string path = testing::MoveToNewFile(filled.ledger.get());
    const auto contents = ReadLedger(path);
    unlink(path.c_str());
    ASSERT_TRUE(contents.ok()) << contents.status();
    EXPECT_EQ(contents->end_ticks, std::max<uint64_t>(1'500'000'000, sample));
  }
}

TEST(LedgerTest, ARunThatGoesOnLastsUntilNow) {
  using analyzer::ledger::RunEnd;
  const auto now = [](clockid_t clock) {
    timespec time;
    clock_gettime(clock, &time);
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
  };
  Filled filled(100);
  Header& header = filled.ledger->header();
  header.pid = getpid();
  header.start_boottime_ns = now(CLOCK_BOOTTIME);
  header.start_monotonic_ns = now(CLOCK_MONOTONIC) - 10'000'000'000;
  header.is_cycle_counter = 0;  // microseconds
  filled.ledger->shard_heads()[0].last_ticks = 5000;
  const auto end_of = [&](RunEnd end) {
    const std::string path = testing::MoveToNewFile(filled.ledger.get());
    const auto contents = ReadLedger(path, end);
    unlink(path.c_str());
    EXPECT_TRUE(contents.ok()) << contents.status();
    return static_cast<double>(contents->end_ticks);
  };
  const double last_event = end_of(RunEnd::kLastEvent);
  EXPECT_LT(last_event, 1e6);
  EXPECT_NEAR(end_of(RunEnd::kNow), 10e6, 5e6);
  header.phase = Phase::kEnded;
  EXPECT_EQ(end_of(RunEnd::kNow), last_event);
  header.phase = Phase::kRecording;
  header.pid = 0x7ffffffe;  // nobody's
  EXPECT_EQ(end_of(RunEnd::kNow), last_event);
}

TEST(LedgerTest, AFullLedgerKeepsTheTotals) {
  Filled filled(100);
  const std::string path = testing::TemporaryName("small");
  uint64_t capacity = 0;
  const int fd = CreateLedgerFile(path.c_str(), &capacity);
  ASSERT_GE(fd, 0);
  ASSERT_TRUE(filled.ledger->MoveToFile(fd, path.c_str(), 10u << 20));
  base::SysClose(fd);
  filled.Add(400000);
  const auto contents = ReadLedger(path);
  unlink(path.c_str());
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(TotalBlocks(*contents), 400100u);
  const uint64_t lost = contents->losses[static_cast<size_t>(Loss::kOutOfSpace)];
  EXPECT_GT(lost, 100000u);
  // What found no room stands under the point of the full ledger.
  uint64_t in_full = 0;
  for (size_t i = 0; i < contents->points.size(); ++i) {
    if (contents->points[i].stack == unwind::kOutOfSpaceStack)
      in_full += contents->sums[i].total_blocks;
  }
  EXPECT_EQ(in_full, lost);
}

TEST(LedgerTest, AFileIsPrivateNewAndOfItsOwn) {
  const std::string path = testing::TemporaryName("private");
  uint64_t capacity = 0;
  const mode_t old_mask = umask(0777);
  const int fd = CreateLedgerFile(path.c_str(), &capacity);
  umask(old_mask);
  ASSERT_GE(fd, 0);
  struct stat info;
  ASSERT_EQ(fstat(fd, &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  base::SysClose(fd);
  EXPECT_LT(CreateLedgerFile(path.c_str(), &capacity), 0) << "an existing file was taken";
  unlink(path.c_str());
  ASSERT_EQ(symlink("/dev/null", path.c_str()), 0);
  EXPECT_LT(CreateLedgerFile(path.c_str(), &capacity), 0) << "a link was followed";
  unlink(path.c_str());
  EXPECT_LT(CreateLedgerFile("/proc/memshim-test", &capacity), 0);
}

// The bytes of a small valid ledger.
std::vector<char> SmallLedger() {
  Filled filled(50);
  const std::string path = testing::MoveToNewFile(filled.ledger.get());
  std::vector<char> bytes(filled.ledger->used_bytes());
  std::ifstream(path, std::ios::binary)
      .read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  unlink(path.c_str());
  return bytes;
}

class DamagedLedgerTest : public ::testing::Test {
 protected:
  DamagedLedgerTest() : path_(testing::TemporaryName("damaged")), bytes_(SmallLedger()) {}
  ~DamagedLedgerTest() override { unlink(path_.c_str()); }

  absl::Status Read(const std::vector<char>& bytes, size_t size) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(size));
    return ReadLedger(path_).status();
  }

  std::string path_;
  std::vector<char> bytes_;
};

TEST_F(DamagedLedgerTest, CutAnywhereItIsRefusedOrWhole) {
  ASSERT_TRUE(Read(bytes_, bytes_.size()).ok());
  int refused = 0, taken = 0;
  std::vector<size_t> cuts;
  for (size_t cut = 0; cut < 9000; cut += 7) cuts.push_back(cut);
  for (size_t cut = 9000; cut < bytes_.size(); cut += 30011) cuts.push_back(cut);
  for (const size_t cut : cuts) {
    const absl::Status status = Read(bytes_, cut);
    if (status.ok()) {
      ++taken;  // only unused pages are missing
      continue;
    }
    ++refused;
    EXPECT_NE(status.message().find("cut off: expected at least"), std::string::npos) << status;
  }
  printf("cut %zu times: %d refused, %d whole\n", cuts.size(), refused, taken);
  EXPECT_GE(refused, 1300);
}

TEST_F(DamagedLedgerTest, ChangedAnywhereItIsReadOrRefusedButNeverCrashes) {
  std::mt19937_64 random(3);
  int refused = 0;
  constexpr int kRuns = 3000;
  ASSERT_TRUE(Read(bytes_, bytes_.size()).ok());
  std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
  const auto put = [&file](size_t at, char value) {
    file.seekp(static_cast<std::streamoff>(at));
    file.put(value);
  };
  for (int run = 0; run < kRuns; ++run) {
    std::vector<size_t> changed;
    for (int k = 0; k < 6; ++k) {
      // The parts with content: the head, and the beginning of each unit.
      const size_t unit = random() % 2 == 0 ? random() % (bytes_.size() / kUnitBytes) : 0;
      changed.push_back(unit * kUnitBytes + random() % (unit == 0 ? sizeof(Header) - 4000 : 600));
      put(changed.back(), static_cast<char>(random() % 2 == 0 ? random() : 0xff));
    }
    file.flush();
    if (!ReadLedger(path_).ok()) ++refused;
    for (const size_t at : changed) put(at, bytes_[at]);
  }
  printf("%d damaged ledgers, %d refused\n", kRuns, refused);
  EXPECT_GE(refused, 1000);
}

TEST_F(DamagedLedgerTest, OtherFilesAreNamed) {
  const std::vector<char> text(20000, 'x');
  EXPECT_EQ(Read(text, text.size()).message(),
            path_ + ": expected a memshim ledger, found a file that does not begin like one");
  EXPECT_EQ(ReadLedger("/").status().message(),
            "/: expected a memshim ledger, found something that is no regular file");
  EXPECT_EQ(
      ReadLedger("/nonexistent/ledger").status().message(),
      "/nonexistent/ledger: expected a memshim ledger, cannot open it: No such file or directory");
  std::vector<char> newer = bytes_;
  newer[8] = static_cast<char>(kVersion + 2);
  EXPECT_EQ(
      Read(newer, newer.size()).message(),
      absl::StrCat(path_, ": expected a ledger of format ", kVersion, ", found format ",
                   kVersion + 2, "; use the memshim-report of the libmemshim.so that wrote it"));
}

}  // namespace
}  // namespace memshim::ledger
