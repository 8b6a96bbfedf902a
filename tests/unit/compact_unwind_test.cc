// Compact unwind information, of tables that clang and lld have made for macOS, against what LLVM
// reads of the same functions' frame descriptions: tests/macos/record_frames.py has recorded both.
#include "shim/unwind/compact_unwind.h"

#include <gtest/gtest.h>

#include <fstream>
#include <initializer_list>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace memshim::unwind {
namespace {

using Saved = std::map<uint32_t, int64_t>;

struct Function {
  uint32_t start, length, cfa_register;
  int64_t cfa_offset;
  Saved saved;
};

std::vector<uint8_t> BytesOf(const std::string& hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

class RecordedFrames {
 public:
  explicit RecordedFrames(const std::string& arch) : is_arm64_(arch == "arm64") {
    std::ifstream file(std::string(MEMSHIM_TEST_DATA) + "/macho/" + arch + "_frames.txt");
    for (std::string line; std::getline(file, line);) ReadLine(line);
  }

  const std::vector<uint8_t>& table() const { return table_; }
  const std::vector<Function>& functions() const { return functions_; }

  bool Find(uint32_t offset, CompactEntry* entry) const {
    return FindCompactEntry(table_.data(), table_.size(), offset, entry);
  }
  CompactFrame Decode(const CompactEntry& entry) const {
    if (is_arm64_) return DecodeArm64(entry.encoding);
    const auto code = code_.find(entry.start);
    if (code == code_.end()) return DecodeX86_64(entry.encoding, nullptr, 0);
    return DecodeX86_64(entry.encoding, code->second.data(), code->second.size());
  }
  uint32_t frame_pointer() const { return is_arm64_ ? 29 : 6; }

 private:
  void ReadLine(const std::string& line) {
    std::istringstream words(line);
    std::string kind, hex;
    words >> kind;
    if (kind == "table") {
      words >> hex;
      table_ = BytesOf(hex);
    } else if (kind == "code") {
      uint32_t start;
      words >> std::hex >> start >> hex;
      code_[start] = BytesOf(hex);
    } else {
      Function function;
      words >> std::hex >> function.start >> std::dec >> function.length >> function.cfa_register >>
          function.cfa_offset;
      uint32_t number;
      char at;
      int64_t offset;
      while (words >> number >> at >> offset) function.saved[number] = offset;
      functions_.push_back(function);
    }
  }

  const bool is_arm64_;
  std::vector<uint8_t> table_;
  std::map<uint32_t, std::vector<uint8_t>> code_;
  std::vector<Function> functions_;
};

Saved SavedOf(const CompactFrame& frame) {
  Saved saved;
  for (int i = 0; i < frame.saved_count; ++i) saved[frame.saved[i].number] = frame.saved[i].offset;
  return saved;
}

class CompactUnwindTest : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Processors, CompactUnwindTest, testing::Values("x86_64", "arm64"));

TEST_P(CompactUnwindTest, FramesAreLeftAsTheirDescriptionsSay) {
  const RecordedFrames recorded(GetParam());
  int compared = 0;
  for (const Function& function : recorded.functions()) {
    CompactEntry entry;
    for (const uint32_t offset : {function.start, function.start + function.length - 1}) {
      ASSERT_TRUE(recorded.Find(offset, &entry)) << std::hex << function.start;
    }
    const CompactFrame frame = recorded.Decode(entry);
    const auto kind = function.cfa_register == recorded.frame_pointer()
                          ? CompactFrame::Kind::kFromFramePointer
                          : CompactFrame::Kind::kFromStackPointer;
    EXPECT_EQ(frame.kind, kind) << std::hex << function.start;
    EXPECT_EQ(frame.cfa_offset, function.cfa_offset) << std::hex << function.start;
    EXPECT_EQ(SavedOf(frame), function.saved) << std::hex << function.start;
    ++compared;
  }
  EXPECT_GE(compared, 150);
}

TEST_P(CompactUnwindTest, OutsideTheTableThereIsNothing) {
  const RecordedFrames recorded(GetParam());
  CompactEntry entry;
  EXPECT_FALSE(recorded.Find(0, &entry));
  EXPECT_FALSE(recorded.Find(0x7fffffff, &entry));
  EXPECT_FALSE(FindCompactEntry(nullptr, 0, 0x1000, &entry));
}

// Nothing outside the table is read (the sanitizers would tell), and what is found is in order.
TEST_P(CompactUnwindTest, DamagedTablesAreNotBelieved) {
  const RecordedFrames recorded(GetParam());
  const uint32_t offset = recorded.functions()[recorded.functions().size() / 2].start;
  CompactEntry entry;
  for (size_t bytes = 0; bytes < recorded.table().size(); ++bytes) {
    const std::vector<uint8_t> shorter(recorded.table().begin(),
                                       recorded.table().begin() + static_cast<ptrdiff_t>(bytes));
    FindCompactEntry(shorter.data(), shorter.size(), offset, &entry);
  }
  for (size_t at = 0; at < recorded.table().size(); ++at) {
    std::vector<uint8_t> damaged = recorded.table();
    damaged[at] = static_cast<uint8_t>(~damaged[at]);
    if (!FindCompactEntry(damaged.data(), damaged.size(), offset, &entry)) continue;
    EXPECT_LE(entry.start, offset);
    EXPECT_GT(entry.end, offset);
  }
}

// The recorded tables are too small to have encodings that only one of their pages uses.
TEST(CompactTableTest, APageHasEncodingsOfItsOwnBehindTheCommonOnes) {
  std::vector<uint32_t> words;
  const auto add = [&](std::initializer_list<uint32_t> more) { words.insert(words.end(), more); };
  add({/*version=*/1, /*common encodings: at*/ 28, /*count*/ 2, 0, 0, /*index: at*/ 36,
       /*count*/ 2});
  add({0x111, 0x222});
  add({0x1000, /*page=*/60, 0, /*end=*/0x1040, 0, 0});
  // A compressed page; four entries 12 bytes behind its start, two encodings 28 bytes behind it.
  add({3, 4u << 16 | 12, 2u << 16 | 28});
  for (uint32_t i = 0; i < 4; ++i) add({/*encoding*/ i << 24 | /*distance*/ i << 4});
  add({0x333, 0x444});
  const auto* table = reinterpret_cast<const uint8_t*>(words.data());
  for (const auto& [offset, encoding] :
       {std::pair{0x1000u, 0x111u}, {0x101fu, 0x222u}, {0x1020u, 0x333u}, {0x103fu, 0x444u}}) {
    CompactEntry entry;
    ASSERT_TRUE(FindCompactEntry(table, words.size() * sizeof(uint32_t), offset, &entry));
    EXPECT_EQ(entry.encoding, encoding) << std::hex << offset;
    EXPECT_EQ(entry.start, offset & ~0xfu);
    EXPECT_EQ(entry.end, entry.start + 0x10);
  }
}

TEST(CompactEncodingsTest, EncodingsThatMeanNothingAreUnknown) {
  EXPECT_EQ(DecodeX86_64(0, nullptr, 0).kind, CompactFrame::Kind::kUnknown);
  EXPECT_EQ(DecodeArm64(0).kind, CompactFrame::Kind::kUnknown);
  // A register that does not exist; a frame too small for what it saves; a size that is in no code.
  EXPECT_EQ(DecodeX86_64(0x01000007, nullptr, 0).kind, CompactFrame::Kind::kUnknown);
  EXPECT_EQ(DecodeX86_64(0x02010000 | 3 << 10, nullptr, 0).kind, CompactFrame::Kind::kUnknown);
  EXPECT_EQ(DecodeX86_64(0x03070000, nullptr, 0).kind, CompactFrame::Kind::kUnknown);
}

TEST(CompactEncodingsTest, DescriptionsAreNamed) {
  EXPECT_EQ(DecodeX86_64(0x04001234, nullptr, 0).kind, CompactFrame::Kind::kDescribed);
  EXPECT_EQ(DecodeX86_64(0x04001234, nullptr, 0).description, 0x1234u);
  EXPECT_EQ(DecodeArm64(0x03001234).kind, CompactFrame::Kind::kDescribed);
  EXPECT_EQ(DecodeArm64(0x03001234).description, 0x1234u);
}

}  // namespace
}  // namespace memshim::unwind
