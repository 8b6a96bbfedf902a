// The reader: files of every producer, every kind of damage with the exact line it gives.
#include <sys/stat.h>
#include <unistd.h>

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "analyzer/dhat/frame_text.h"
#include "analyzer/dhat/reader.h"
#include "analyzer/dhat/utf8.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/dhat_testing.h"

namespace memshim::analyzer::dhat {
namespace {

constexpr char kAgain[] = "the file is damaged, record the profile again";

std::string Recorded(const std::string& name) { return absl::StrCat(MEMSHIM_TEST_DATA, "/", name); }

model::Profile ReadProfileText(const std::string& text) {
  TemporaryFolder folder;
  absl::StatusOr<model::Profile> profile = ReadProfile(folder.Write("p.json", text));
  EXPECT_TRUE(profile.ok()) << profile.status();
  return profile.ok() ? *std::move(profile) : model::Profile();
}

// The error without the path in front, which must be there.
std::string ErrorOfFile(const std::string& path) {
  const absl::StatusOr<model::Profile> profile = ReadProfile(path);
  if (profile.ok()) return "no error";
  const std::string message(profile.status().message());
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_EQ(message.find(path + ": "), 0u) << message;
  return message.substr(std::min(message.size(), path.size() + 2));
}

std::string ErrorOf(const std::string& text) {
  TemporaryFolder folder;
  return ErrorOfFile(folder.Write("p.json", text));
}

uint64_t TotalBytes(const model::Profile& profile) {
  uint64_t bytes = 0;
  for (const model::Point& point : profile.points) bytes += point.counters.total_bytes;
  return bytes;
}

uint64_t TotalBlocks(const model::Profile& profile) {
  uint64_t blocks = 0;
  for (const model::Point& point : profile.points) blocks += point.counters.total_blocks;
  return blocks;
}

TEST(FrameTextTest, FormsOfValgrindAreTakenApart) {
  FrameParts parts = ParseFrameText("0x10A81D: inl2 (frames.cpp:10)");
  EXPECT_EQ(parts.address, 0x10A81Du);
  EXPECT_EQ(parts.function, "inl2");
  EXPECT_EQ(parts.file, "frames.cpp");
  EXPECT_EQ(parts.line, 10u);
  parts = ParseFrameText("0x4841F2F: operator new(unsigned long) (in /usr/lib/x (1)/vg.so)");
  EXPECT_EQ(parts.function, "operator new(unsigned long)");
  EXPECT_EQ(parts.module_path, "/usr/lib/x (1)/vg.so");
  parts = ParseFrameText("0x49047B9: ??? (in /usr/lib/libstdc++.so.6)");
  EXPECT_EQ(parts.function, "");
  EXPECT_EQ(parts.module_path, "/usr/lib/libstdc++.so.6");
  parts = ParseFrameText("0x485200F: ???");
  EXPECT_EQ(parts.address, 0x485200Fu);
  EXPECT_EQ(parts.function, "");
  parts = ParseFrameText("0x1: really (in ?\?\?)");
  EXPECT_EQ(parts.function, "really");
  EXPECT_EQ(parts.module_path, "");
  parts = ParseFrameText("0x1: ??? (a.c:20)");
  EXPECT_EQ(parts.function, "");
  EXPECT_EQ(parts.line, 20u);
}

TEST(FrameTextTest, FormsOfOthersAreTakenApart) {
  FrameParts parts = ParseFrameText("0x55d0: <a::B as c::D>::e (src/main.rs:12:20)");
  EXPECT_EQ(parts.function, "<a::B as c::D>::e");
  EXPECT_EQ(parts.file, "src/main.rs");
  EXPECT_EQ(parts.line, 12u);
  parts = ParseFrameText("0x55d0: ??? (?\?\?:0:0)");
  EXPECT_EQ(parts.file, "");
  EXPECT_EQ(parts.line, 0u);
  parts = ParseFrameText("0x7F01: ??? (in /usr/lib/libx.so+0x1a2)");
  EXPECT_EQ(parts.module_path, "/usr/lib/libx.so");
  parts = ParseFrameText("[folded]");
  EXPECT_EQ(parts.function, "");
  parts = ParseFrameText("no address at all");
  EXPECT_EQ(parts.function, "no address at all");
  parts = ParseFrameText("0x1: decltype (f) g(int (*)(int))");
  EXPECT_EQ(parts.function, "decltype (f) g(int (*)(int))");
  for (const char* odd : {"", "0x", "0x: ", "0x1: ", ")", " ()", " (:1)", "0x1:  (in )", "(in"}) {
    ParseFrameText(odd);
  }
}

TEST(Utf8Test, WrongBytesAreFoundAndReplaced) {
  EXPECT_EQ(MakeValidUtf8("µs \xE2\x82\xAC \xF0\x9F\x98\x80"), "µs \xE2\x82\xAC \xF0\x9F\x98\x80");
  EXPECT_EQ(MakeValidUtf8("a\xFF"), "a\xEF\xBF\xBD");
  EXPECT_EQ(FindInvalidUtf8("12345678\xC0\x80"), 8u);  // overlong
  EXPECT_EQ(FindInvalidUtf8("\xED\xA0\x80"), 0u);      // surrogate
  EXPECT_EQ(FindInvalidUtf8("\xF4\x90\x80\x80"), 0u);  // above U+10FFFF
  EXPECT_EQ(FindInvalidUtf8("a\xE2\x82"), 1u);         // cut off
  EXPECT_EQ(FindInvalidUtf8("plain text"), absl::string_view::npos);
}

TEST(ReaderTest, ValgrindHeapFileIsRead) {
  const absl::StatusOr<model::Profile> profile = ReadProfile(Recorded("valgrind-heap.json"));
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->mode, "heap");
  EXPECT_TRUE(profile->has_accesses);
  EXPECT_EQ(profile->time_unit, "instrs");
  EXPECT_EQ(profile->short_lived_threshold, 500u);
  EXPECT_EQ(TotalBytes(*profile), 3917u);
  EXPECT_EQ(TotalBlocks(*profile), 104u);
  EXPECT_FALSE(profile->is_ours);
  EXPECT_EQ(profile->frames[0].text, "[root]");
}

TEST(ReaderTest, ValgrindCopyAndAdHocFilesAreRead) {
  const absl::StatusOr<model::Profile> copy = ReadProfile(Recorded("valgrind-copy.json"));
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->verb, "Copied");
  EXPECT_FALSE(copy->has_lifetimes);
  EXPECT_EQ(TotalBytes(*copy), 592u);
  const absl::StatusOr<model::Profile> ad_hoc = ReadProfile(Recorded("valgrind-ad-hoc.json"));
  ASSERT_TRUE(ad_hoc.ok()) << ad_hoc.status();
  EXPECT_EQ(ad_hoc->bytes_unit, "units");
  EXPECT_EQ(ad_hoc->blocks_unit, "events");
  EXPECT_EQ(TotalBytes(*ad_hoc), 20u);
}

TEST(ReaderTest, DhatRsFileIsReadAndInlinedFramesAreMarked) {
  const absl::StatusOr<model::Profile> profile = ReadProfile(Recorded("dhat-rs-heap.json"));
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->time_unit, "µs");
  EXPECT_EQ(profile->points[0].counters.lifetime, 900u);
  EXPECT_TRUE(profile->frames[1].is_inlined);
  EXPECT_TRUE(profile->frames[2].is_inlined);
  EXPECT_FALSE(profile->frames[3].is_inlined);
  EXPECT_FALSE(profile->frames[4].is_inlined);
  EXPECT_EQ(profile->frames[3].file, "app/src/main.rs");
}

TEST(ReaderTest, RecursionIsNotTakenForInlining) {
  const model::Profile profile = ReadProfileText(absl::StrReplaceAll(
      GoodText(), {{"[1,2]", "[1,2,3,2,3]"}, {"0x30: f", "0x20: f"}, {"[1,3]", "[1,3,3]"}}));
  EXPECT_TRUE(profile.frames[2].is_inlined);
  EXPECT_FALSE(profile.frames[3].is_inlined);
}

TEST(ReaderTest, OrderOfKeysUnknownKeysAndByteOrderMarkDoNotMatter) {
  std::string text = GoodText();
  const std::string frames =
      R"json("ftbl":["[root]","0x10: malloc (in /lib/libshim.so)","0x20: main (a.c:3)",)json"
      R"json("0x30: f (a.c:9)"])json";
  text = absl::StrReplaceAll(text, {{",\n" + frames, ""}});
  text = absl::StrReplaceAll(
      text, {{R"({"dhatFileVersion":2)",
              "\xEF\xBB\xBF{" + frames + R"(,"new":{"a":[1,{"b":null}]},"dhatFileVersion":2)"},
             {R"({"tb":10,"tbk":1)", R"({"acc":[-3,7],"x":{"y":[]},"tbk":1,"tb":10)"}});
  const model::Profile profile = ReadProfileText(text);
  EXPECT_EQ(profile.points.size(), 2u);
  EXPECT_EQ(profile.points[0].counters.total_bytes, 10u);
  EXPECT_EQ(profile.frames[3].function, "f");
  EXPECT_EQ(profile.command, "./app --fast");
}

TEST(ReaderTest, LargeIntegersAreExact) {
  const model::Profile profile = ReadProfileText(absl::StrReplaceAll(
      GoodText(),
      {{"\"tb\":10,", "\"tb\":18446744073709551615,"}, {"\"tl\":5,", "\"tl\":9007199254740993,"}}));
  EXPECT_EQ(profile.points[0].counters.total_bytes, 18446744073709551615u);
  EXPECT_EQ(profile.points[0].counters.lifetime, 9007199254740993u);
}

TEST(ReaderTest, MissingLifetimesAreTolerated) {
  const model::Profile profile = ReadProfileText(GoodTextWith("\"tl\":5,", ""));
  EXPECT_TRUE(profile.has_lifetimes);
  EXPECT_FALSE(profile.has_lifetime_sums);
}

TEST(ReaderErrorTest, FilesThatAreNoFiles) {
  TemporaryFolder folder;
  EXPECT_EQ(ErrorOfFile(folder.Path("none.json")),
            "no such file; record a profile first (statically linked and set-user-ID programs "
            "cannot be recorded)");
  EXPECT_EQ(ErrorOfFile(folder.Path("")),
            "expected a file, found a directory; give the path of a dhat-heap.json");
  ASSERT_EQ(mkfifo(folder.Path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(ErrorOfFile(folder.Path("fifo")),
            "expected a file, found a pipe; give the path of a dhat-heap.json");
  EXPECT_EQ(ErrorOfFile("/dev/null"),
            "expected a file, found a device; give the path of a dhat-heap.json");
  EXPECT_EQ(ErrorOf(""), "expected a DHAT profile, found an empty file; record the profile again");
  if (geteuid() != 0) {
    const std::string path = folder.Write("secret.json", GoodText());
    ASSERT_EQ(chmod(path.c_str(), 0), 0);
    EXPECT_EQ(ErrorOfFile(path),
              "permission denied; profiles are written readable by their owner only: run the "
              "report as that user");
  }
}

TEST(ReaderErrorTest, TextsThatAreNoProfiles) {
  EXPECT_EQ(ErrorOf(" \n"), "expected a DHAT profile, found only blanks; record the profile again");
  EXPECT_EQ(ErrorOf("\x7F\x45LF binary"),
            "expected a DHAT profile (JSON), found a file that starts with '\\x7fELF binary'; give "
            "the path of a dhat-heap.json");
  EXPECT_EQ(ErrorOf("[1,2]"),
            "expected a DHAT profile (a JSON object), found a JSON array; give the path of a "
            "dhat-heap.json");
  EXPECT_EQ(ErrorOf("{\"a\":1}"),
            "expected a DHAT profile, found JSON without \"dhatFileVersion\"; give the path of a "
            "dhat-heap.json");
  EXPECT_EQ(ErrorOf("null"),
            "expected a DHAT profile (JSON), found a file that starts with 'null'; give the path "
            "of a dhat-heap.json");
}

TEST(ReaderErrorTest, EveryTruncationIsAnErrorAndMostSaySo) {
  const std::string text = GoodText();
  size_t said = 0;
  for (size_t size = 1; size + 2 < text.size(); ++size) {
    const std::string error = ErrorOf(text.substr(0, size));
    EXPECT_NE(error, "no error") << size;
    said += error.find("the file was cut short") != std::string::npos;
  }
  EXPECT_GT(said, text.size() * 9 / 10);
  printf("truncations tried: %zu, named as such: %zu\n", text.size() - 3, said);
  ASSERT_GT(text.size(), 400u);
  EXPECT_EQ(ErrorOf(text.substr(0, 200)),
            "expected the rest of the profile, found the end of the file at line 4 (byte 201); the "
            "file was cut short, record the profile again");
}

TEST(ReaderErrorTest, BrokenJson) {
  EXPECT_EQ(ErrorOf(GoodTextWith("\"tbk\":1,", "\"tbk\":1,,")),
            absl::StrCat("expected valid JSON, found ',' at line 4 (byte 185): missing a name for "
                         "object member; ",
                         kAgain));
  EXPECT_EQ(ErrorOf(GoodText() + "{}"),
            absl::StrCat("expected valid JSON, found '{' at line 7 (byte 433): the document root "
                         "must not be followed by other values; ",
                         kAgain));
  EXPECT_EQ(ErrorOf(GoodTextWith("\"tb\":10,", "\"tb\":010,")),
            absl::StrCat("expected valid JSON, found '1' at line 4 (byte 175): missing a comma or "
                         "'}' after an object member; ",
                         kAgain));
  EXPECT_EQ(ErrorOf(GoodTextWith("\"fs\":[1,2]", "\"fs\":]")),
            "expected frames, found none at line 4 (byte 244); valgrind dropped every frame of a "
            "stack, record with a larger --num-callers");
  EXPECT_EQ(ErrorOf(GoodTextWith("--fast", "--caf\xE9")),
            "expected UTF-8, found the byte 0xE9 at line 2 (byte 131); if valgrind wrote the file, "
            "an argument of the program is not UTF-8: convert it with 'iconv -f LATIN1 -t UTF-8'");
}

TEST(ReaderErrorTest, Versions) {
  EXPECT_EQ(ErrorOf(GoodTextWith("Version\":2", "Version\":1")),
            "expected DHAT file version 2, found version 1, written by valgrind 3.16 or older; "
            "record with valgrind 3.17 or newer");
  EXPECT_EQ(ErrorOf(GoodTextWith("Version\":2", "Version\":3")),
            "expected DHAT file version 2, found version '3'; use a newer memshim-report");
}

TEST(ReaderErrorTest, EachMissingFieldIsNamed) {
  for (const char* key : {"mode", "verb", "bklt", "bkacc", "tu", "Mtu", "cmd", "pid", "te", "pps",
                          "ftbl", "tg", "tuth"}) {
    EXPECT_EQ(ErrorOf(GoodTextWith(absl::StrCat("\"", key, "\":"), "\"other\":")),
              absl::StrCat("expected the field \"", key, "\", found none; ", kAgain));
  }
  for (const char* key : {"tb", "tbk", "mb", "mbk", "gb", "gbk", "eb", "ebk", "fs"}) {
    std::string text = GoodText();
    const size_t second = text.find("{\"tb\":30");
    const std::string name = absl::StrCat("\"", key, "\":");
    text.replace(text.find(name, second), name.size(), "\"other\":");
    EXPECT_EQ(ErrorOf(text),
              absl::StrCat("expected the field \"", key, "\" in point 2, found none; ", kAgain));
  }
  EXPECT_EQ(ErrorOf(GoodTextWith("\"bkacc\":false", "\"bkacc\":true")),
            absl::StrCat("expected the field \"rb\" in point 1, found none; ", kAgain));
}

TEST(ReaderErrorTest, ValuesOfTheWrongKind) {
  const auto error_with_bytes = [](const std::string& value) {
    return ErrorOf(GoodTextWith("\"tb\":30", "\"tb\":" + value));
  };
  const std::string at = absl::StrCat(" at line 5 (byte 258); ", kAgain);
  const std::string whole = "expected a whole number, not negative in \"tb\" of point 2, found ";
  EXPECT_EQ(error_with_bytes("-5"), whole + "'-5'" + at);
  EXPECT_EQ(error_with_bytes("1.5"), whole + "'1.5'" + at);
  EXPECT_EQ(error_with_bytes("1e3"), whole + "'1e3'" + at);
  EXPECT_EQ(error_with_bytes("\"30\""), whole + "'\"30\"'" + at);
  EXPECT_EQ(error_with_bytes("null"), whole + "'null'" + at);
  EXPECT_EQ(error_with_bytes("[]"), whole + "an array" + at);
  EXPECT_EQ(
      error_with_bytes("18446744073709551616"),
      "expected a whole number below 2^64 in \"tb\" of point 2, found '18446744073709551616'" + at);
  EXPECT_EQ(ErrorOf(GoodTextWith("\"./app --fast\"", "7")),
            absl::StrCat("expected a string in \"cmd\", found '7' at line 2 (byte 119); ", kAgain));
  EXPECT_EQ(
      ErrorOf(GoodTextWith("\"bklt\":true", "\"bklt\":1")),
      absl::StrCat("expected true or false in \"bklt\", found '1' at line 1 (byte 62); ", kAgain));
  EXPECT_EQ(ErrorOf(GoodTextWith("[1,2]", "7")),
            absl::StrCat("expected an array in \"fs\" of point 1, found '7' at line 4 (byte 244); ",
                         kAgain));
}

TEST(ReaderErrorTest, FrameIndices) {
  EXPECT_EQ(ErrorOf(GoodTextWith("[1,3]", "[1,4]")),
            absl::StrCat("expected frame indices below 4, the size of \"ftbl\", found 4 in point "
                         "2; ",
                         kAgain));
  EXPECT_EQ(ErrorOf(GoodTextWith("[1,3]", "[1,4294967296]")),
            absl::StrCat("expected an index into the frame table in point 2, found 4294967296; ",
                         kAgain));
}

TEST(ReaderErrorTest, RepeatedStacksAreNamedByBothPoints) {
  EXPECT_EQ(ErrorOf(GoodTextWith("[1,3]", "[1,2]")),
            "expected points with stacks of their own, found that point 2 has the same stack as "
            "point 1; if valgrind wrote the file, record without its debug symbols or with a "
            "larger --num-callers");
}

TEST(ReaderErrorTest, OwnDataIsChecked) {
  const auto with_own = [](const std::string& own) {
    return GoodTextWith("(a.c:9)\"]}", "(a.c:9)\"],\"memshim\":" + own + "}");
  };
  EXPECT_EQ(ErrorOf(with_own("{\"frameModules\":[0]}")),
            absl::StrCat("expected 4 entries in \"frameModules\", one for each frame, found 1; ",
                         kAgain));
  EXPECT_EQ(ErrorOf(with_own("{\"frameModules\":[-1,-1,-1,0]}")),
            absl::StrCat("expected numbers below 0 in \"frameModules\", found 0; ", kAgain));
  EXPECT_EQ(ReadProfileText(with_own("{\"schema\":9,\"ending\":\"later\",\"new\":[{}]}")).ending,
            model::Ending::kUnknown);
  // Modules that nothing puts to the frames: those in the frames' texts count.
  const model::Profile profile = ReadProfileText(with_own("{\"modules\":[[\"/a\",\"b\"]]}"));
  ASSERT_EQ(profile.modules.size(), 1u);
  EXPECT_EQ(profile.modules[profile.frames[1].module].path, "/lib/libshim.so");
}

// Damage of any kind gives one line or a profile whose indices are in range, and never a crash.
TEST(ReaderErrorTest, RandomDamageGivesALineOrAProfile) {
  TemporaryFolder folder;
  std::mt19937 random(1);
  const std::string own = GoodTextWith(
      "(a.c:9)\"]}",
      "(a.c:9)\"],\"memshim\":{\"schema\":1,\"modules\":[[\"/"
      "a\",\"b\"]],\"frameModules\":[-1,0,0,0],"
      "\"inlinedFrames\":[2],\"timeline\":[[1,2,3]],\"losses\":[[\"x\",1]],\"notes\":[\"n\"]}}");
  const char pieces[] = "{}[]\",:0123456789-.eE\\tfn \x80\xFF\n";
  size_t errors = 0;
  size_t profiles = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string text = own;
    for (uint64_t change = 0; change <= random() % 3; ++change) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = pieces[random() % (sizeof(pieces) - 1)];
          break;
        case 1:
          text.erase(at, 1 + random() % 8);
          break;
        default:
          text.insert(at, 1, pieces[random() % (sizeof(pieces) - 1)]);
      }
    }
    const std::string path = folder.Write("p.json", text);
    const absl::StatusOr<model::Profile> profile = ReadProfile(path);
    if (!profile.ok()) {
      ++errors;
      EXPECT_EQ(profile.status().message().find('\n'), absl::string_view::npos) << text;
      continue;
    }
    ++profiles;
    for (const model::Point& point : profile->points) {
      for (uint32_t frame : point.frames) EXPECT_LT(frame, profile->frames.size());
    }
    for (const model::Frame& frame : profile->frames) {
      EXPECT_TRUE(frame.module == model::kNoModule || frame.module < profile->modules.size());
    }
  }
  printf("damaged files: %zu refused, %zu read\n", errors, profiles);
  EXPECT_GT(errors, 1000u);
  EXPECT_GT(profiles, 70u);
}

}  // namespace
}  // namespace memshim::analyzer::dhat
