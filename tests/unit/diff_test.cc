// What is the same in two profiles, what has changed, and how it is written. Goldens as in
// render_test.cc.
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "analyzer/diff/compare.h"
#include "analyzer/diff/json_diff.h"
#include "analyzer/diff/markdown_diff.h"
#include "analyzer/diff/match_sites.h"
#include "analyzer/diff/site_identity.h"
#include "analyzer/diff/text_diff.h"
#include "analyzer/metrics/amount.h"
#include "analyzer/model/counters.h"
#include "analyzer/render/format.h"
#include "analyzer/render/rank_names.h"
#include "gtest/gtest.h"
#include "tests/unit/dhat_testing.h"
#include "tests/unit/golden_testing.h"
#include "tests/unit/site_testing.h"

namespace memshim::analyzer::diff {
namespace {

using metrics::RankBy;
using model::Profile;

constexpr Threshold kEverything = {0, 0};

Comparison Compared(const Profile& before, const Profile& after, RankBy by = RankBy::kTotalBytes,
                    const Threshold& threshold = kEverything) {
  absl::StatusOr<Comparison> comparison = Compare(before, after, by, threshold);
  EXPECT_TRUE(comparison.ok()) << comparison.status();
  return comparison.ok() ? *std::move(comparison) : Comparison();
}

// "appeared f 0->3" and so on, of every site that changed.
std::vector<std::string> ChangesOf(const Comparison& comparison) {
  std::vector<std::string> changes;
  for (const SiteChange& site : comparison.sites) {
    constexpr const char* kNames[] = {"appeared", "grew", "shrank", "gone"};
    changes.push_back(absl::StrCat(kNames[static_cast<int>(site.change)], " ", site.site.function,
                                   site.site.label, " ", site.before, "->", site.after));
  }
  return changes;
}

using Changes = std::vector<std::string>;

TEST(StableNameTest, WhatCompilersAddIsNotPartOfAName) {
  EXPECT_EQ(StableFunctionName("main"), "main");
  EXPECT_EQ(StableFunctionName("f(int) [clone .constprop.0]"), "f(int)");
  EXPECT_EQ(StableFunctionName("parse.constprop.0.isra.3"), "parse");
  EXPECT_EQ(StableFunctionName("parse.part.12.cold"), "parse");
  EXPECT_EQ(StableFunctionName("getpwuid_r@@GLIBC_2.2.5"), "getpwuid_r");
  EXPECT_EQ(StableFunctionName("app::load::h0f3a9b0c1d2e3f40"), "app::load");
  EXPECT_EQ(StableFunctionName("app::load::hash"), "app::load::hash");
  EXPECT_EQ(StableFunctionName(".cold"), ".cold");
  EXPECT_EQ(StableFunctionName(""), "");
  EXPECT_EQ(StableModuleName("/usr/lib/libfoo.so.1.2.3"), "libfoo.so");
  EXPECT_EQ(StableModuleName("/usr/lib/libfoo-2.so"), "libfoo-2.so");
  EXPECT_EQ(StableModuleName("/home/me/app"), "app");
}

TEST(MatchTest, LinesAddressesFoldersAndVersionsDoNotCount) {
  ProfileBuilder before, after;
  before.Add({"0x10: f (a.c:3)", "0x11: main (a.c:9)"}, Blocks(5, 0, 0))
      .Add({"0x12: f (a.c:4)", "0x11: main (a.c:9)"}, Blocks(6, 0, 0))
      .Add({"0x13: g (in /old/libx.so.1.2)"}, Blocks(7, 0, 0));
  after.Add({"0x20: f (a.c:33)", "0x21: main (a.c:99)"}, Blocks(11, 0, 0))
      .Add({"0x23: g (in /new/libx.so.1.3)"}, Blocks(7, 0, 0));
  const Comparison same = Compared(before.profile_, after.profile_);
  EXPECT_EQ(ChangesOf(same), Changes{});
  EXPECT_EQ(same.unchanged_sites, 2u);
}

TEST(MatchTest, FunctionsOfOneNameInTwoFilesAreTwo) {
  ProfileBuilder before, after;
  before.Add({"0x10: init (a.c:3)"}, Blocks(5, 0, 0));
  after.Add({"0x10: init (b.c:3)"}, Blocks(5, 0, 0));
  EXPECT_EQ(ChangesOf(Compared(before.profile_, after.profile_)),
            (Changes{"gone init 50->0", "appeared init 0->50"}));
}

TEST(MatchTest, ABinaryOfAnotherNameAndDebugInformationOnOneSideAreFoundOut) {
  ProfileBuilder before, after;
  before.Add({"0x10: load (in /bin/app-old)"}, Blocks(5, 0, 0))
      .Add({"0x11: store (in /bin/app-old)"}, Blocks(6, 0, 0));
  after.Add({"0x10: load (in /bin/app-new)"}, Blocks(5, 0, 0))
      .Add({"0x11: store (store.c:8)"}, Blocks(6, 0, 0));
  EXPECT_EQ(ChangesOf(Compared(before.profile_, after.profile_)), Changes{});
}

TEST(MatchTest, WhatIsNotUniqueIsNotGuessed) {
  ProfileBuilder before, after;
  before.Add({"0x10: load (in /bin/app-old)"}, Blocks(5, 0, 0));
  after.Add({"0x10: load (in /lib/liba.so)"}, Blocks(5, 0, 0))
      .Add({"0x11: load (in /lib/libb.so)"}, Blocks(5, 0, 0));
  EXPECT_EQ(ChangesOf(Compared(before.profile_, after.profile_)).size(), 3u);
}

TEST(MatchTest, CodeWithoutNamesGoesByItsPlaceInTheSameBuildAndByItsModuleElse) {
  const auto with = [](uint64_t shift, const std::string& build_id) {
    ProfileBuilder builder;
    builder
        .Add({absl::StrCat("0x", 7000 + shift, ": ??? (in /lib/libx.so+0x1f40)")}, Blocks(5, 0, 0))
        .Add({absl::StrCat("0x", 8000 + shift, ": ??? (in /lib/libx.so+0x2f40)")},
             Blocks(6 + shift, 0, 0))
        .BuildId("/lib/libx.so", build_id);
    return builder.profile_;
  };
  const Comparison same = Compared(with(0, "abc"), with(4, "abc"));
  EXPECT_EQ(ChangesOf(same), Changes{"grew  60->100"});
  EXPECT_EQ(same.sites[0].site.module_offset, 0x2f40u);
  const Comparison other = Compared(with(0, "abc"), with(4, "def"));
  EXPECT_EQ(ChangesOf(other), Changes{"grew  110->150"});
  EXPECT_EQ(other.sites[0].site.module_offset, 0u);
  EXPECT_EQ(other.sites[0].site.address, 0u);
}

TEST(CompareTest, EachFigureHasItsOwnChanges) {
  ProfileBuilder before, after;
  before.Add({"0x10: f (a.c:3)"}, Blocks(9, 4, 0)).Add({"0x11: g (a.c:8)"}, Blocks(9, 2, 2));
  after.Add({"0x10: f (a.c:3)"}, Blocks(8, 4, 1)).Add({"0x11: g (a.c:8)"}, Blocks(9, 3, 0));
  const auto by = [&](RankBy rank) {
    return ChangesOf(Compared(before.profile_, after.profile_, rank));
  };
  EXPECT_EQ(by(RankBy::kTotalBytes), Changes{"shrank f 90->80"});
  EXPECT_EQ(by(RankBy::kTotalBlocks), Changes{"shrank f 9->8"});
  EXPECT_EQ(by(RankBy::kPeakBytes), Changes{"grew g 20->30"});
  EXPECT_EQ(by(RankBy::kEndBytes), (Changes{"gone g 20->0", "appeared f 0->10"}));
  EXPECT_EQ(by(RankBy::kEndBlocks), (Changes{"gone g 2->0", "appeared f 0->1"}));
}

TEST(CompareTest, ChangesBelowTheThresholdAreSummedUp) {
  ProfileBuilder before, after;
  before.Add({"0x10: f (a.c:3)"}, Blocks(1000, 0, 0)).Add({"0x11: g (a.c:8)"}, Blocks(50, 0, 0));
  after.Add({"0x10: f (a.c:3)"}, Blocks(1011, 0, 0)).Add({"0x11: g (a.c:8)"}, Blocks(41, 0, 0));
  const Comparison share =
      Compared(before.profile_, after.profile_, RankBy::kTotalBytes, {0.01, 0});
  EXPECT_EQ(share.least, 106u);  // 1% of 10,520, rounded up
  EXPECT_EQ(ChangesOf(share), Changes{"grew f 10000->10110"});
  EXPECT_EQ(share.small.sites, 1u);
  EXPECT_EQ(share.small.grown, 0u);
  EXPECT_EQ(share.small.shrunk, 90u);
  const Comparison amount =
      Compared(before.profile_, after.profile_, RankBy::kTotalBytes, {0, 111});
  EXPECT_EQ(ChangesOf(amount), Changes{});
  EXPECT_EQ(amount.small.grown, 110u);
}

TEST(CompareTest, ProfilesOfDifferentThingsAreRefused) {
  ProfileBuilder before, after;
  after.profile_.bytes_unit = "units";
  EXPECT_EQ(Compare(before.profile_, after.profile_, RankBy::kTotalBytes, {}).status().message(),
            "expected two profiles that count the same, found one in bytes and one in units");
  after.profile_ = before.profile_;
  after.profile_.has_lifetimes = false;
  EXPECT_TRUE(Compare(before.profile_, after.profile_, RankBy::kTotalBlocks, {}).ok());
  EXPECT_EQ(Compare(before.profile_, after.profile_, RankBy::kPeakBytes, {}).status().message(),
            "NEW has no figures of that kind; compare by --sort=total-bytes");
}

// Small profiles whose functions, files and modules often collide.
Profile Random(std::mt19937& random) {
  const auto below = [&](uint64_t n) { return random() % n; };
  ProfileBuilder builder;
  const size_t points = below(12);
  for (size_t i = 0; i < points; ++i) {
    const std::string function = below(5) == 0 ? "???" : absl::StrCat("f", below(4));
    const std::string place =
        below(2) == 0 ? absl::StrCat("(file", below(3), ".c:", 1 + below(3), ")")
                      : absl::StrCat("(in /lib/lib", below(3), ".so+0x", 1 + below(3), "0)");
    const uint64_t total = below(100);
    builder.Add({absl::StrCat("0x", 100 + below(50), ": ", function, " ", place)},
                Blocks(total, below(total + 1), below(total + 1)));
  }
  for (model::Module& module : builder.profile_.modules) {
    module.build_id = below(2) == 0 ? module.path : absl::StrCat(below(1000));
  }
  return builder.profile_;
}

uint64_t SumOf(const Profile& profile, RankBy by) {
  uint64_t sum = 0;
  for (const model::Point& point : profile.points) sum += metrics::RankFigure(point.counters, by);
  return sum;
}

// Nothing is counted twice or lost, whatever was matched with what.
TEST(CompareTest, ChangesAddUpToTheChangeOfTheTotals) {
  std::mt19937 random(4711);
  uint64_t compared = 0;
  for (int round = 0; round < 3000; ++round) {
    const Profile before = Random(random), after = Random(random);
    size_t old_points = 0, new_points = 0;
    for (const SitePair& pair : MatchSites(before, after)) {
      EXPECT_TRUE(pair.before.has_value() || pair.after.has_value());
      if (pair.before.has_value()) old_points += pair.before->points.size();
      if (pair.after.has_value()) new_points += pair.after->points.size();
      if (!pair.before.has_value() || !pair.after.has_value()) continue;
      EXPECT_EQ(pair.before->function, pair.after->function);
    }
    ASSERT_EQ(old_points, before.points.size());
    ASSERT_EQ(new_points, after.points.size());
    for (const render::RankName& rank : render::kRankNames) {
      if (rank.by == RankBy::kShortLived || rank.by == RankBy::kMovedBytes ||
          rank.by == RankBy::kSlack) {
        continue;
      }
      const Comparison c = Compared(before, after, rank.by, {0.05 * (round % 5), 0});
      EXPECT_EQ(c.whole_before,
                metrics::RankWhole({.total_bytes = SumOf(before, RankBy::kTotalBytes),
                                    .total_blocks = SumOf(before, RankBy::kTotalBlocks),
                                    .gmax_bytes = SumOf(before, RankBy::kPeakBytes),
                                    .gmax_blocks = SumOf(before, RankBy::kPeakBlocks),
                                    .end_bytes = SumOf(before, RankBy::kEndBytes),
                                    .end_blocks = SumOf(before, RankBy::kEndBlocks)},
                                   rank.by));
      int64_t sum = static_cast<int64_t>(c.small.grown) - static_cast<int64_t>(c.small.shrunk);
      for (const SiteChange& site : c.sites) {
        EXPECT_GE(Difference(site.before, site.after), c.least);
        sum += static_cast<int64_t>(site.after) - static_cast<int64_t>(site.before);
        ++compared;
      }
      ASSERT_EQ(sum, static_cast<int64_t>(SumOf(after, rank.by)) -
                         static_cast<int64_t>(SumOf(before, rank.by)));
    }
  }
  std::cout << "added up " << compared << " changes\n";
  EXPECT_GT(compared, 50000u);
}

TEST(CompareTest, AProfileComparedWithItselfHasNotChanged) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const Profile profile = Random(random);
    EXPECT_EQ(ChangesOf(Compared(profile, profile)), Changes{});
  }
}

// A release of a server: a cache that grew, a leak that is new, a parser that got better.
Profile Release(bool is_new) {
  ProfileBuilder builder;
  builder
      .Add({"0x401210: cache::Table<std::string, Entry>::insert(Entry const&) (table.h:120)"},
           Blocks(is_new ? 900000 : 600000, is_new ? 700000 : 500000, 0))
      .Add({"0x401300: parse_header|`x` (request.cc:41)"}, Blocks(is_new ? 1000 : 90000, 10, 0))
      .Add({"0x401400: open_session (session.cc:19)"}, Blocks(1000, 1000, 500))
      .Add({"0x7F20: _IO_file_doallocate (in /usr/lib/libc.so.6)"}, Blocks(1, 1, 1));
  if (is_new) builder.Add({"0x401500: log::Open\x1b[31m (log.cc:7)"}, Blocks(20000, 20000, 20000));
  if (!is_new) builder.Add({"0x7F10: ??? (in /usr/lib/libplugin.so)"}, Blocks(70000, 7, 7));
  Profile profile = builder.profile_;
  profile.command = is_new ? "./server-2 --port 80" : "./server-1 --port 80";
  profile.t_end = is_new ? 2500000 : 2000000;
  profile.peak_rss_bytes = is_new ? 25000000 : 20000000;
  if (is_new) profile.losses = {{"frees of unknown blocks", 12}};
  return profile;
}

DiffOptions Options() {
  DiffOptions options;
  options.old_file = "old.json";
  options.new_file = "new.json";
  return options;
}

TEST(DiffTextTest, Goldens) {
  const Comparison c = Compared(Release(false), Release(true), RankBy::kTotalBytes, {0.01, 0});
  ExpectGolden("diff.txt", TextDiff(c, Options()));
  ExpectGolden("diff.md", MarkdownDiff(c, Options()));
  ExpectGolden("diff.json", JsonDiff(c, Options()));
}

TEST(DiffTextTest, FitsAScreenAndObeysNoFile) {
  ProfileBuilder before, after;
  for (uint64_t i = 0; i < 400; ++i) {
    const std::string name =
        absl::StrCat("ns::", std::string(i % 90, 'x'), i, "<int, \x1b[2J>::f(std::map<int, int>)");
    ProfileBuilder& side = i % 3 == 0 ? before : after;
    side.Add({absl::StrCat("0x10: ", name, " (", std::string(i % 50, 'y'), ".cc:", i, ")")},
             Blocks(i * i * i + 1, i, i));
    if (i % 5 == 0) before.Add({absl::StrCat("0x10: both", i, " (b.cc:1)")}, Blocks(i, i, i));
    if (i % 5 == 0) after.Add({absl::StrCat("0x10: both", i, " (b.cc:1)")}, Blocks(2 * i, i, 0));
  }
  after.profile_.losses = {{"losses", 1}, {"more\nlosses", 2}, {"c", 3}, {"d", 4}, {"e", 5}};
  for (const render::RankName& rank : render::kRankNames) {
    if (rank.by == RankBy::kTemporary || rank.by == RankBy::kMovedBytes ||
        rank.by == RankBy::kSlack) {
      continue;
    }
    const Comparison c = Compared(before.profile_, after.profile_, rank.by);
    const std::string text = TextDiff(c, Options());
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 40);
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      EXPECT_LE(render::DisplayWidth(line), 100u) << line;
      EXPECT_FALSE(absl::EndsWith(line, " ")) << line;
    }
    for (const std::string& output : {text, MarkdownDiff(c, Options()), JsonDiff(c, Options())}) {
      EXPECT_FALSE(absl::StrContains(output, "\x1b"));
    }
    simdjson::dom::parser parser;
    EXPECT_EQ(parser.parse(JsonDiff(c, Options())).error(), simdjson::SUCCESS);
  }
}

TEST(AmountTest, WhatPeopleWrite) {
  using metrics::ParseAmount;
  using metrics::ParsePercent;
  EXPECT_EQ(ParseAmount("0"), 0u);
  EXPECT_EQ(ParseAmount("4096"), 4096u);
  EXPECT_EQ(ParseAmount("64K"), 64000u);
  EXPECT_EQ(ParseAmount("64k"), 64000u);
  EXPECT_EQ(ParseAmount("64Ki"), 65536u);
  EXPECT_EQ(ParseAmount("1.5 MB"), 1500000u);
  EXPECT_EQ(ParseAmount("2GiB"), 2147483648u);
  EXPECT_EQ(ParseAmount("1T"), 1000000000000u);
  EXPECT_EQ(ParseAmount("100B"), 100u);
  EXPECT_EQ(ParseAmount("0.1"), 1u);
  EXPECT_EQ(ParseAmount("18446744073709551615"), UINT64_MAX);
  for (const char* wrong : {"", "K", "-1", "+1", "1e9", "inf", "nan", "1.2.3", "64X", "64Bi", "i",
                            "10i", "99999999T", "1 000", "0x10", "64MM", "1,000"}) {
    EXPECT_EQ(ParseAmount(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(ParsePercent("2%"), 0.02);
  EXPECT_EQ(ParsePercent("0.5 %"), 0.005);
  for (const char* wrong : {"", "%", "2", "-2%", "2%%", "x%"}) {
    EXPECT_EQ(ParsePercent(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace memshim::analyzer::diff
