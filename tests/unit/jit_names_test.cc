// Names of code made at run time, and which files of them are believed.
#include "analyzer/finish/jit_names.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace memshim::analyzer::finish {
namespace {

constexpr char kMap[] =
    "1000 20 JS:first a.js:1:2\n"
    "7f0010 10 two words\n"
    "0x2000 8 with a prefix\n"
    "2010 zz no size\n"
    "2020\n"
    "\n"
    "ffffffffffffffff 10 wraps\n"
    "1010 4 inner\n"
    "1000 8 written later\n"
    "3000 10 end without a line break";

TEST(JitNamesTest, AddressesHaveTheNameThatWasWrittenLast) {
  const JitNames names(kMap);
  EXPECT_EQ(names.Find(0x1000), "written later");
  EXPECT_EQ(names.Find(0x1007), "written later");
  EXPECT_EQ(names.Find(0x1008), "JS:first a.js:1:2");
  EXPECT_EQ(names.Find(0x1010), "inner");
  EXPECT_EQ(names.Find(0x1014), "JS:first a.js:1:2");
  EXPECT_EQ(names.Find(0x1020), "");
  EXPECT_EQ(names.Find(0xfff), "");
  EXPECT_EQ(names.Find(0x7f001f), "two words");
  EXPECT_EQ(names.Find(0x2000), "with a prefix");
  EXPECT_EQ(names.Find(0x300f), "end without a line break");
  EXPECT_EQ(names.Find(~uint64_t{0}), "");
  EXPECT_EQ(JitNames().Find(0), "");
}

TEST(JitNamesTest, V8TellsFunctionFileAndLine) {
  const auto apart = [](absl::string_view name) {
    const JitPlace place = TakeApart(name);
    return place.function + " | " + place.file + " | " + std::to_string(place.line);
  };
  EXPECT_EQ(apart("JS:~leaf /tmp/a dir/t.js:12:34"), "leaf /tmp/a | t.js | 12");
  EXPECT_EQ(apart("JS:*get size /home/t.js:1:2"), "get size | t.js | 1");
  EXPECT_EQ(apart("JS:~ node:internal/modules/cjs/loader:1483:37"), "(anonymous) | loader | 1483");
  EXPECT_EQ(apart("JS:^wrap node:fs:7:1"), "wrap | node:fs | 7");
  EXPECT_EQ(apart("JS:eval"), "JS:eval |  | 0");
  EXPECT_EQ(apart("void java.lang.Thread.run()"), "void java.lang.Thread.run() |  | 0");
  EXPECT_EQ(apart("JS:~x a:b:c"), "JS:~x a:b:c |  | 0");
}

class JitFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("jit_names." + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
    path_ = folder_ / "map";
    std::ofstream(path_) << kMap;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_, path_;
};

TEST_F(JitFileTest, OnlyARegularFileOfTheOwnerThatIsNotOlderThanTheProcessIsBelieved) {
  const uint32_t own = geteuid();
  EXPECT_FALSE(JitNames::Read(path_, own, 0).empty());
  EXPECT_TRUE(JitNames::Read(path_, own + 1, 0).empty());
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  const uint64_t written = static_cast<uint64_t>(info.st_mtim.tv_sec) * 1'000'000'000;
  EXPECT_FALSE(JitNames::Read(path_, own, written).empty());
  EXPECT_TRUE(JitNames::Read(path_, own, written + 5'000'000'000).empty());
  std::filesystem::create_symlink(path_, folder_ / "link");
  EXPECT_TRUE(JitNames::Read(folder_ / "link", own, 0).empty());
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(JitNames::Read(folder_ / "pipe", own, 0).empty());
  EXPECT_TRUE(JitNames::Read(folder_, own, 0).empty());
  EXPECT_TRUE(JitNames::Read(folder_ / "none", own, 0).empty());
}

TEST(JitNamesTest, DamagedMapsDoNoHarm) {
  std::mt19937_64 chance(1);
  int found = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string map = kMap;
    for (int i = 0; i < 8; ++i) map[chance() % map.size()] = static_cast<char>(chance());
    const JitNames names(map);
    for (uint64_t address = 0xff0; address < 0x1030; ++address)
      found += !names.Find(address).empty();
  }
  EXPECT_GT(found, 20000);
}

}  // namespace
}  // namespace memshim::analyzer::finish
