// The writer: what is written is read back unchanged, fits the viewer, and replaces an earlier
// file only when complete. Folding, cutting and merging keep every sum.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/dhat/fit.h"
#include "analyzer/dhat/fold.h"
#include "analyzer/dhat/reader.h"
#include "analyzer/dhat/writer.h"
#include "analyzer/model/counters.h"
#include "gtest/gtest.h"
#include "tests/unit/dhat_testing.h"
#include "tests/unit/profile_testing.h"

namespace memshim::analyzer::dhat {
namespace {

using model::Profile;

Profile WriteAndRead(const Profile& profile) {
  TemporaryFolder folder;
  const std::string path = folder.Path("p.json");
  const absl::Status written = WriteProfile(profile, path);
  EXPECT_TRUE(written.ok()) << written;
  absl::StatusOr<Profile> read = ReadProfile(path);
  EXPECT_TRUE(read.ok()) << read.status();
  return read.ok() ? *std::move(read) : Profile();
}

Profile FullProfile() {
  Profile profile = RandomProfile(1, 50);
  FitStacks(&profile);
  profile.ending = model::Ending::kFastExit;
  profile.exit_status = -3;
  profile.peak_rss_bytes = std::numeric_limits<uint64_t>::max();
  profile.thread_count = 4;
  profile.start_unix_ms = 1790000000000;
  profile.timeline = {{1, 2, 3}, {10, 20, 30}};
  profile.losses = {{"frees of unknown blocks", 7}};
  profile.verification = {1000, 2, 3, 4};
  profile.failed_requests.push_back({2, 30, 20, {1, 2}});
  profile.notes = {"A \"note\" with\ttabs, \\ and µ."};
  profile.folded_points = 9;
  profile.folded_bytes = 99;
  profile.command = "./a \x01 \"b\"";
  profile.frames[2].is_inlined = true;
  profile.frames[3].module = model::kNoModule;
  profile.points[0].max_is_lower_bound = true;
  profile.points[0].counters.lifetime = std::numeric_limits<uint64_t>::max();
  return profile;
}

TEST(WriterTest, EverythingIsReadBack) {
  const Profile profile = FullProfile();
  ExpectSameProfile(profile, WriteAndRead(profile));
}

TEST(WriterTest, FilesOfOthersKeepTheirShape) {
  for (const char* name :
       {"valgrind-heap.json", "valgrind-copy.json", "valgrind-ad-hoc.json", "dhat-rs-heap.json"}) {
    SCOPED_TRACE(name);
    absl::StatusOr<Profile> profile = ReadProfile(std::string(MEMSHIM_TEST_DATA "/") + name);
    ASSERT_TRUE(profile.ok()) << profile.status();
    FitStacks(&*profile);
    ExpectSameProfile(*profile, WriteAndRead(*profile));
  }
}

TEST(WriterTest, ShapeIsThatOfDhatRsWithOwnDataLast) {
  TemporaryFolder folder;
  ASSERT_TRUE(WriteProfile(FullProfile(), folder.Path("p.json")).ok());
  const std::string text = FileText(folder.Path("p.json"));
  EXPECT_EQ(text.find("{\"dhatFileVersion\":2,\"mode\":\"heap\",\"verb\":\"Allocated\","
                      "\"bklt\":true,\"bkacc\":false,\"tu\":\"µs\",\"Mtu\":\"s\",\"tuth\":10,"),
            0u);
  EXPECT_LT(text.find("\"pps\""), text.find("\"ftbl\""));
  EXPECT_LT(text.find("\"ftbl\""), text.find("\"memshim\""));
  EXPECT_EQ(text.find("\"bu\""), std::string::npos);
  EXPECT_NE(text.find("\\u0001"), std::string::npos);
}

TEST(WriterTest, TimesAndTextsAreMadeFit) {
  Profile profile = RandomProfile(2, 3);
  profile.t_end = 0;
  profile.t_gmax = 500;
  profile.command = "caf\xE9";
  const Profile read = WriteAndRead(profile);
  EXPECT_EQ(read.t_end, 1u);
  EXPECT_EQ(read.t_gmax, 1u);
  EXPECT_EQ(read.command, "caf\xEF\xBF\xBD");
}

TEST(WriterTest, AProfileWithoutPointsIsAFile) {
  Profile profile;
  profile.is_ours = true;
  const Profile read = WriteAndRead(profile);
  EXPECT_TRUE(read.points.empty());
  EXPECT_EQ(read.mode, "heap");
}

TEST(FitTest, EmptyStacksGetAFrame) {
  Profile profile;
  profile.points.resize(2);
  profile.points[0].counters.total_bytes = 1;
  profile.points[1].counters.total_bytes = 2;
  FitStacks(&profile);
  ASSERT_EQ(profile.points.size(), 1u);
  EXPECT_EQ(profile.frames[profile.points[0].frames[0]].text, model::kNoStackFrame);
  EXPECT_EQ(profile.points[0].counters.total_bytes, 3u);
}

TEST(FitTest, DeepStacksKeepBothEndsAndDepthsOfARecursionMerge) {
  Profile profile;
  profile.frames.resize(3);
  profile.frames[1].text = "0x1: recurse (a.c:1)";
  profile.frames[2].text = "0x2: main (a.c:2)";
  for (size_t depth : {127, 200, 300}) {
    model::Point& point = profile.points.emplace_back();
    point.frames.assign(depth, 1);
    point.frames.push_back(2);
    point.counters.total_bytes = depth;
    point.counters.max_bytes = depth;
  }
  FitStacks(&profile);
  ASSERT_EQ(profile.points.size(), 2u);
  EXPECT_EQ(profile.points[0].frames.size(), kMaxStackFrames);
  EXPECT_FALSE(profile.points[0].max_is_lower_bound);
  const std::vector<uint32_t>& stack = profile.points[1].frames;
  EXPECT_EQ(stack.size(), kMaxStackFrames);
  EXPECT_EQ(profile.frames[stack[kInnermostKept]].text, model::kFramesCutFrame);
  EXPECT_EQ(profile.frames[stack.back()].function, profile.frames[2].function);
  EXPECT_EQ(profile.points[1].counters.total_bytes, 500u);
  EXPECT_EQ(profile.points[1].counters.max_bytes, 300u);
  EXPECT_TRUE(profile.points[1].max_is_lower_bound);
  EXPECT_EQ(profile.cut_points, 2u);
}

TEST(FitTest, DoingItTwiceChangesNothing) {
  Profile once = RandomProfile(3, 300);
  FitStacks(&once);
  Profile twice = once;
  FitStacks(&twice);
  ExpectSameProfile(once, twice);
}

TEST(FoldTest, SmallProfilesAreLeftAlone) {
  Profile profile = RandomProfile(4, 100);
  FitStacks(&profile);
  const Profile before = profile;
  FoldToSize(&profile, kDefaultMaxFileBytes);
  ExpectSameProfile(before, profile);
}

TEST(FoldTest, LargePointsStayAndSmallOnesGoToTheirCallers) {
  Profile profile;
  profile.frames.resize(1);
  profile.frames[0].text = "[root]";
  const auto add_frame = [&](const std::string& text) {
    profile.frames.emplace_back().text = text;
    return static_cast<uint32_t>(profile.frames.size() - 1);
  };
  const uint32_t main_frame = add_frame("0x1: main (a.c:1)");
  const uint32_t busy_frame = add_frame("0x2: busy (a.c:2)");
  const uint32_t malloc_frame = add_frame("0x3: malloc (in /lib/libmemshim.so)");
  for (size_t i = 0; i < 2000; ++i) {
    const uint32_t leaf = add_frame("0x9: leaf_" + std::to_string(i) + " (a.c:9)");
    model::Point& point = profile.points.emplace_back();
    point.frames = {malloc_frame, leaf, busy_frame, main_frame};
    point.counters.total_bytes = i == 77 ? 1000000 : 10;
    point.counters.total_blocks = 1;
  }
  FoldToSize(&profile, 20000);
  ASSERT_EQ(profile.points.size(), 2u);
  EXPECT_EQ(profile.points[1].counters.total_bytes, 1000000u);
  const model::Point& folded = profile.points[0];
  EXPECT_EQ(folded.counters.total_bytes, 19990u);
  ASSERT_EQ(folded.frames.size(), 3u);
  EXPECT_EQ(profile.frames[folded.frames[0]].text, model::kFoldedFrame);
  EXPECT_EQ(profile.frames[folded.frames[1]].text, "0x2: busy (a.c:2)");
  EXPECT_EQ(profile.folded_points, 1999u);
  EXPECT_EQ(profile.folded_bytes, 19990u);
}

// Random profiles at random sizes: every sum is kept, the file is as small as asked, nothing
// is folded that need not be.
TEST(FoldTest, SumsAreKeptAndTheFileFits) {
  TemporaryFolder folder;
  size_t compared = 0;
  size_t folded = 0;
  size_t far_below = 0;  // folded more than needed: a whole subtree went at once
  for (uint32_t seed = 10; seed < 110; ++seed) {
    Profile profile = RandomProfile(seed, 20 + seed * 7 % 900);
    const std::vector<uint64_t> sums = SumsOf(profile);
    ASSERT_TRUE(WriteProfile(profile, folder.Path("full.json")).ok());
    const uint64_t full_bytes = std::filesystem::file_size(folder.Path("full.json"));
    const uint64_t max_bytes = 4000 + full_bytes * (seed % 11) / 10;
    FoldToSize(&profile, max_bytes);
    EXPECT_EQ(SumsOf(profile), sums);
    ExpectNoEqualStacks(profile);
    ExpectTrueMaxima(profile);
    EXPECT_EQ(profile.folded_points == 0, full_bytes <= max_bytes);
    const Profile read = WriteAndRead(profile);
    EXPECT_EQ(SumsOf(read), sums);
    ASSERT_TRUE(WriteProfile(profile, folder.Path("folded.json")).ok());
    const uint64_t folded_bytes = std::filesystem::file_size(folder.Path("folded.json"));
    EXPECT_LE(folded_bytes, max_bytes);
    if (folded_bytes * 2 < max_bytes) ++far_below;
    folded += profile.folded_points > 0;
    compared += profile.points.size();
  }
  printf("profiles folded: %zu of 100 (far below: %zu); points compared: %zu\n", folded, far_below,
         compared);
  EXPECT_GE(folded, 60u);
  EXPECT_LE(far_below, 20u);
  EXPECT_GE(compared, 10000u);
}

TEST(FoldTest, FilesOfOthersSayWhatWasFolded) {
  Profile profile = RandomProfile(6, 500);
  profile.is_ours = false;
  FoldToSize(&profile, 20000);
  const Profile read = WriteAndRead(profile);
  EXPECT_GT(read.folded_points, 0u);
  EXPECT_EQ(read.folded_points, profile.folded_points);
  EXPECT_EQ(read.folded_bytes, profile.folded_bytes);
}

TEST(OutputTest, TheFileIsTheOwnersAndLeavesNoTemporary) {
  TemporaryFolder folder;
  const std::string path = folder.Write("p.json", "earlier");
  ASSERT_TRUE(WriteProfile(FullProfile(), path).ok());
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.Path(""))) {
    ++entries;
  }
  EXPECT_EQ(entries, 1u);
}

TEST(OutputTest, AFailureLeavesTheEarlierFileAndNoTemporary) {
  TemporaryFolder folder;
  const std::string path = folder.Write("p.json", "earlier");
  signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {1000, RLIM_INFINITY};
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status status = WriteProfile(FullProfile(), path);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(status.message(), path + ": cannot be written: File too large");
  EXPECT_EQ(FileText(path), "earlier");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.Path("")),
                          std::filesystem::directory_iterator()),
            1);
}

TEST(OutputTest, OnlyFilesAreReplaced) {
  TemporaryFolder folder;
  const Profile profile = RandomProfile(5, 3);
  EXPECT_EQ(WriteProfile(profile, "/dev/null").message(),
            "/dev/null: cannot be written: it is not a file");
  const std::string link = folder.Path("link");
  ASSERT_EQ(symlink("/dev/null", link.c_str()), 0);
  EXPECT_EQ(WriteProfile(profile, link).message(), link + ": cannot be written: it is not a file");
  EXPECT_EQ(WriteProfile(profile, folder.Path("none/p.json")).message(),
            folder.Path("none/p.json") + ": cannot be written: No such file or directory");
  std::filesystem::create_directory(folder.Path("d"));
  EXPECT_EQ(WriteProfile(profile, folder.Path("d")).message(),
            folder.Path("d") + ": cannot be written: it is a directory");
}

}  // namespace
}  // namespace memshim::analyzer::dhat
