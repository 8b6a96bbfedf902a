// The reports: goldens of whole texts, the bounds of a screen, numbers, names, and that JSON is
// JSON.
#include <simdjson.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "analyzer/dhat/fit.h"
#include "analyzer/dhat/reader.h"
#include "analyzer/render/format.h"
#include "analyzer/render/json_report.h"
#include "analyzer/render/names.h"
#include "analyzer/render/sparkline.h"
#include "analyzer/render/style.h"
#include "analyzer/render/text_report.h"
#include "gtest/gtest.h"
#include "tests/unit/dhat_testing.h"
#include "tests/unit/report_testing.h"

namespace memshim::analyzer::render {
namespace {

using metrics::RankBy;
Profile Recorded(const std::string& name) {
  absl::StatusOr<Profile> profile = dhat::ReadProfile(absl::StrCat(MEMSHIM_TEST_DATA, "/", name));
  EXPECT_TRUE(profile.ok()) << profile.status();
  return profile.ok() ? *std::move(profile) : Profile();
}

TEST(FormatTest, NumbersHaveThreeDigitsAndNeverLie) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1000), "1.00 KB");
  EXPECT_EQ(FormatBytes(999499), "999 KB");
  EXPECT_EQ(FormatBytes(999500), "1.00 MB");
  EXPECT_EQ(FormatBytes(99950), "100 KB");
  EXPECT_EQ(FormatBytes(1.8446744073709552e19), "18.4 EB");
  EXPECT_EQ(FormatExact(0), "0");
  EXPECT_EQ(FormatExact(1234567), "1,234,567");
  EXPECT_EQ(FormatCount(9999999), "9,999,999");
  EXPECT_EQ(FormatCount(10000000), "10.0 M");
  EXPECT_EQ(FormatQuantity(12.34), "12.3");
  EXPECT_EQ(FormatQuantity(12345), "12.3 k");
  EXPECT_EQ(FormatShare(0, 0), "-");
  EXPECT_EQ(FormatShare(1, 1000000), "<0.1%");
  EXPECT_EQ(FormatShare(999999, 1000000), "99.9%");
  EXPECT_EQ(FormatShare(7, 7), "100%");
  EXPECT_EQ(FormatShare(7, 10000), "0.1%");
  EXPECT_EQ(FormatRatio(900, 300), "300%");
  EXPECT_EQ(FormatRatio(30, 300), "10.0%");
  EXPECT_EQ(FormatRatio(30, 0), "-");
  EXPECT_EQ(FormatRatio(30000, 1), ">9999%");
  EXPECT_EQ(FormatMicroseconds(0, true), "0 µs");
  EXPECT_EQ(FormatMicroseconds(0.3, true), "<1 µs");
  EXPECT_EQ(FormatMicroseconds(12, false), "12 us");
  EXPECT_EQ(FormatMicroseconds(999.6, true), "1.00 ms");
  EXPECT_EQ(FormatMicroseconds(1.5e6, true), "1.50 s");
  EXPECT_EQ(FormatMicroseconds(110e6, true), "110 s");
  EXPECT_EQ(FormatMicroseconds(149e6, true), "2.48 min");
  EXPECT_EQ(FormatMicroseconds(7000e6, true), "117 min");
  EXPECT_EQ(FormatMicroseconds(7300e6, true), "2.03 h");
  EXPECT_EQ(FormatMicroseconds(36000e6, true), "10.0 h");
  EXPECT_EQ(FormatTime(78900000, "instrs", true), "78.9 M instrs");
}

TEST(FormatTest, TextsAreCutByColumnsAndCleaned) {
  EXPECT_EQ(FitMiddle("abcdefghij", 10), "abcdefghij");
  EXPECT_EQ(FitMiddle("abcdefghijk", 9), "ab...hijk");
  EXPECT_EQ(DisplayWidth(FitMiddle("ääääääääääää", 9)), 9u);
  EXPECT_EQ(FitEnd("abcdefghijk", 9), "abcdef...");
  EXPECT_EQ(CleanText("a\033[31mb\nc\x7F\xC2\x9B"), "a?[31mb?c??");
  EXPECT_EQ(CleanText("µs"), "µs");
  EXPECT_EQ(CleanText("a\xFF\x9B\xC2\xE2\x80\xAEz\xE2\x80\x93\xE2\x81\xA9\xF0\x9F\x98\x80\xED"),
            "a????z\xE2\x80\x93?\xF0\x9F\x98\x80?");
  EXPECT_EQ(EscapeJson("{\"a\x7F\xC2\x9Bµ\":\"\xE2\x80\xAE\"}\n"),
            "{\"a\\u007f\\u009bµ\":\"\\u202e\"}\n");
}

TEST(FormatTest, WideCharactersTakeTwoColumnsAndMarksNone) {
  EXPECT_EQ(DisplayWidth("関数"), 4u);
  EXPECT_EQ(DisplayWidth("e\u0301\u00e9"), 2u);
  EXPECT_EQ(FitEnd("関数の名前", 8), "関数...");
  EXPECT_EQ(FitMiddle("関数の名前", 9), "関...名前");
  const std::vector<std::string> pieces = {"a", "ä", "関", "e\u0301", "\U0001F600", "\xFF"};
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (size_t n = random() % 30; n > 0; --n) text += pieces[random() % pieces.size()];
    const size_t width = random() % 40;
    EXPECT_LE(DisplayWidth(FitEnd(text, width)), width);
    EXPECT_LE(DisplayWidth(FitMiddle(text, width)), width);
    if (width + 1 < DisplayWidth(text) && width > 3) {
      EXPECT_GE(DisplayWidth(FitEnd(text, width)) + 1, width);
      EXPECT_GE(DisplayWidth(FitMiddle(text, width)) + 2, width);
    }
    EXPECT_EQ(DisplayWidth(PadRight(text, 60)), 60u);
  }
}

TEST(NamesTest, TemplatesAndParametersAreDropped) {
  EXPECT_EQ(ShortFunctionName("void a::B<int, C<x> >::f<long>(int) const"), "a::B<...>::f<...>");
  EXPECT_EQ(ShortFunctionName("A<int>::operator<<(int)"), "A<...>::operator<<");
  EXPECT_EQ(ShortFunctionName("A::operator->() const"), "A::operator->");
  EXPECT_EQ(ShortFunctionName("operator< <int>(A<int>)"), "operator< <...>");
  EXPECT_EQ(ShortFunctionName("<a::B as c::D>::e"), "<a::B as c::D>::e");
  EXPECT_EQ(ShortFunctionName("odd<"), "odd<");
  EXPECT_EQ(ShortFunctionName("(anonymous namespace)::A::f(int)"), "A::f");
}

TEST(SparklineTest, SlicesShowTheirLargestValue) {
  EXPECT_EQ(Sparkline({}, 100, 0, 0, 10, true), "");
  EXPECT_EQ(Sparkline({{0, 0, 0}, {50, 8, 1}, {90, 4, 1}}, 100, 50, 8, 10, false), "     @@@@@");
  EXPECT_EQ(Sparkline({{0, 1, 1}}, 100, 75, 100, 4, true), "▁▁▁█");
  EXPECT_EQ(Sparkline({{500, 1, 1}}, 100, 900, 1, 3, false), "  @");  // beyond the end
}

TEST(TextReportTest, AServer) {
  const std::string text = TextOf(Server());
  ExpectGolden("server.txt", text);
  ExpectFitsColumns(text);
  EXPECT_LT(Lines(text), kScreenLines);
}

TEST(TextReportTest, AServerWithoutUnicodeAndWithStacks) {
  ReportOptions options;
  options.unicode = false;
  options.sort = RankBy::kTotalBytes;
  options.depth = 2;
  const std::string text = TextOf(Server(), options);
  ExpectGolden("server_stacks_ascii.txt", text);
  ExpectFitsColumns(text);
  EXPECT_EQ(text.find("µ"), std::string::npos);
}

TEST(TextReportTest, ASmallScreen) {
  const std::string text = TextOf(Server(), SmallScreen());
  ExpectGolden("server_80x24.txt", text);
  ExpectFitsColumns(text, 80);
  EXPECT_LT(Lines(text), 24u);
}

TEST(TextReportTest, FullNames) {
  ReportOptions options;
  options.full_names = true;
  options.sort = RankBy::kPeakBytes;
  ExpectGolden("server_full_names.txt", TextOf(Server(), options));
}

TEST(TextReportTest, FilesOfOthers) {
  for (const char* name : {"valgrind-heap", "valgrind-copy", "valgrind-ad-hoc", "dhat-rs-heap"}) {
    const std::string text = TextOf(Recorded(absl::StrCat(name, ".json")));
    ExpectGolden(absl::StrCat(name, ".txt"), text);
    const std::string small = TextOf(Recorded(absl::StrCat(name, ".json")), SmallScreen());
    ExpectFitsColumns(small, 80);
    EXPECT_LT(Lines(small), 24u) << small;
    ExpectFitsColumns(text);
    EXPECT_LT(Lines(text), kScreenLines);
  }
}

TEST(TextReportTest, Endings) {
  Profile profile = Server();
  const auto second_line = [&](model::Ending ending) {
    profile.ending = ending;
    const std::string text = TextOf(profile);
    return std::string(std::vector<std::string>(absl::StrSplit(text, '\n'))[1]);
  };
  const std::string rest = "; 4 threads; peak RSS 25.0 MB";
  EXPECT_EQ(second_line(model::Ending::kExit), "pid 4711, ran 4.00 s, exited with status 3" + rest);
  EXPECT_EQ(second_line(model::Ending::kFastExit),
            "pid 4711, ran 4.00 s, ended by _exit with status 3" + rest);
  EXPECT_EQ(second_line(model::Ending::kExec),
            "pid 4711, ran 4.00 s, replaced itself by another program (exec)" + rest);
  EXPECT_EQ(second_line(model::Ending::kKilled), "pid 4711, ran 4.00 s, was killed" + rest);
  EXPECT_EQ(second_line(model::Ending::kRunning), "pid 4711, ran 4.00 s, still running" + rest);
  EXPECT_EQ(second_line(model::Ending::kUnknown), "pid 4711, ran 4.00 s" + rest);
}

TEST(TextReportTest, LongRemarksTakeTwoLinesAndManyAreCounted) {
  Profile profile = Server();
  profile.losses.clear();
  profile.folded_points = 1200;
  profile.folded_bytes = 3000000;
  profile.cut_points = 1;
  profile.notes = {
      "The file /usr/lib/x86_64-linux-gnu/libsomething.so.1 is not the one that was loaded, so its "
      "functions have no names here.",
      "Second.", "Third.", "Fourth.", "Fifth."};
  const std::string text = TextOf(profile);
  ExpectGolden("remarks.txt", text);
  ExpectFitsColumns(text);
  EXPECT_LT(Lines(text), kScreenLines);
}

TEST(TextReportTest, NothingWasRecorded) {
  Profile profile;
  profile.command = "./quiet";
  EXPECT_EQ(TextOf(profile),
            "./quiet\npid 0, ran 1 µs\nTotal       0 B in 0 blocks\n"
            "Peak        0 B in 0 blocks live at once, at 0 µs (0.0% of the run)\n"
            "At the end  nothing was live\nNothing was recorded.\n");
}

TEST(TextReportTest, EscapesDoNotReachTheTerminal) {
  Profile profile = Server();
  profile.command = "evil \033]0;title\007";
  profile.notes = {"a\nb"};
  profile.frames[2].function = "f\033[2J";
  const std::string text = TextOf(profile);
  EXPECT_EQ(text.find('\033'), std::string::npos);
  EXPECT_EQ(text.find('\007'), std::string::npos);
  ReportOptions colored;
  colored.use_color = true;
  EXPECT_NE(TextOf(profile, colored).find("\033[1m"), std::string::npos);
}

// Whatever the profile: one screen, the same text twice, and no line too wide in any form.
TEST(TextReportTest, AnyProfileFitsTheScreen) {
  size_t reports = 0;
  for (uint32_t seed = 0; seed < 60; ++seed) {
    Profile profile = RandomProfile(seed, 1 + seed * 5);
    for (size_t i = 1; i < profile.frames.size(); ++i) {
      if (i % 3 == 0) profile.frames[i].function = std::string(i * 3, 'x') + "<int>";
      if (i % 5 == 0) profile.frames[i].file = std::string(i, 'y') + ".cc";
      if (i % 7 == 0) profile.frames[i].function += "µµµµµ";
    }
    profile.command = std::string(seed * 9, 'c');
    for (uint32_t i = 0; i < seed % 9; ++i) profile.notes.push_back(std::string(i * 40, 'n') + ".");
    if (seed % 2 == 0) profile.timeline = {{0, 1, 1}, {5000, 1000, 3}};
    if (seed % 4 == 0) profile.has_lifetime_sums = false;
    const std::string text = TextOf(profile);
    ExpectFitsColumns(text);
    EXPECT_LT(Lines(text), kScreenLines);
    EXPECT_EQ(text, TextOf(profile));
    const std::string small = TextOf(profile, SmallScreen());
    ExpectFitsColumns(small, 80);
    EXPECT_LT(Lines(small), 24u) << small;
    ReportOptions options;
    options.depth = 5;
    options.top = 3;
    options.histograms = true;
    ExpectFitsColumns(TextOf(profile, options));
    options.columns = 80;
    ExpectFitsColumns(TextOf(profile, options), 80);
    ++reports;
  }
  EXPECT_EQ(reports, 60u);
}

TEST(JsonReportTest, NumbersAreExactAndTextsValid) {
  Profile profile = Server();
  profile.points[0].counters.lifetime = 18446744073709551615u;
  profile.command = "caf\xE9";
  ReportOptions options;
  options.file = "p.json";
  options.top = 2;
  simdjson::dom::parser parser;
  simdjson::dom::element report;
  const std::string text = JsonOf(profile, options);
  ASSERT_EQ(parser.parse(text).get(report), simdjson::SUCCESS) << text;
  EXPECT_EQ(std::string_view(report["schema"]), "memshim-report");
  EXPECT_EQ(uint64_t(report["schemaVersion"]), 1u);
  EXPECT_EQ(std::string_view(report["command"]), "caf\xEF\xBF\xBD");
  EXPECT_EQ(uint64_t(report["totals"]["totalBytes"]), 12319344u);
  EXPECT_EQ(uint64_t(report["totals"]["endBlocks"]), 1002u);
  EXPECT_EQ(uint64_t(report["runtimeTotals"]["endBytes"]), 1024u);
  EXPECT_EQ(uint64_t(report["sites"].at(0)["lifetime"]), 18446744073709551615u);
  EXPECT_EQ(report["rankings"]["end"].get_array().size(), 2u);
  const uint64_t leak = report["rankings"]["end"].at(0);
  EXPECT_EQ(std::string_view(report["sites"].at(leak)["function"]), "open_session");
  EXPECT_EQ(report["sites"].get_array().size(), 5u);
  EXPECT_EQ(text, JsonOf(profile, options));
}

}  // namespace
}  // namespace memshim::analyzer::render
