// What a report can be asked: selections, groupings, what is left, call trees, source lines.
// Figures are checked against sums over all points, texts as goldens.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analyzer/metrics/call_tree.h"
#include "analyzer/metrics/findings.h"
#include "analyzer/metrics/source_lines.h"
#include "analyzer/model/counters.h"
#include "analyzer/render/names.h"
#include "analyzer/render/text_views.h"
#include "gtest/gtest.h"
#include "tests/unit/report_testing.h"

namespace memshim::analyzer::render {
namespace {

using metrics::Findings;
using metrics::GroupBy;
using metrics::Query;
using metrics::RankBy;
using metrics::Selection;
using metrics::TreeOrder;

std::vector<std::string> Functions(const Selection& selection) {
  Profile profile = Server();
  Query query;
  query.selection = selection;
  const Findings findings = Examine(query, &profile);
  std::vector<std::string> names;
  for (const metrics::SiteGroup& group : findings.groups) {
    names.push_back(absl::StrCat(ShortFunctionName(group.function), group.label,
                                 group.module_offset != 0 ? group.module_path : ""));
  }
  std::sort(names.begin(), names.end());
  return names;
}

using Names = std::vector<std::string>;

TEST(SelectionTest, FocusIgnoreAndHideMeanWhatTheyMeanToPprof) {
  EXPECT_EQ(Functions({.focus = "handle_upgrade"}), Names{"parse_header"});
  EXPECT_EQ(Functions({.focus = "table\\.h"}), Names{"cache::Table<...>::insert"});
  EXPECT_EQ(Functions({.focus = "libplugin"}), Names{"/usr/lib/libplugin.so"});
  EXPECT_EQ(Functions({.focus = "nothing at all"}), Names{});
  EXPECT_EQ(Functions({.ignore = "cache::|plugin|puts|handle_request"}),
            (Names{"open_session", "parse_header"}));
  EXPECT_EQ(Functions({.focus = "parse_header", .ignore = "upgrade"}), Names{"parse_header"});
  // The callers are charged.
  EXPECT_EQ(Functions({.focus = "parse_header", .hide = "parse_header"}),
            (Names{"handle_request", "handle_upgrade"}));
  EXPECT_EQ(Functions({.hide = "."}), Names{});
}

TEST(SelectionTest, RangesAreOfAverages) {
  EXPECT_EQ(Functions({.size = metrics::Range{32, 48}}), (Names{"open_session", "parse_header"}));
  EXPECT_EQ(Functions({.size = metrics::Range{5000}}), Names{"/usr/lib/libplugin.so"});
  EXPECT_EQ(Functions({.lifetime = metrics::Range{0, 10}}), Names{"parse_header"});
  EXPECT_EQ(Functions({.lifetime = metrics::Range{1000001, 2000000}}),
            (Names{"cache::Table<...>::insert", "open_session"}));
}

TEST(SelectionTest, SharesStayThoseOfTheWhole) {
  Profile profile = Server();
  const uint64_t whole = metrics::Examine({}, &profile).totals.all.total_bytes;
  Query query;
  query.selection.focus = "parse_header";
  const Findings findings = Examine(query, &profile);
  EXPECT_EQ(findings.totals.all.total_bytes, whole);
  EXPECT_EQ(findings.selected.all.total_bytes, 3200320u);
  EXPECT_EQ(findings.totals.runtime.end_bytes, 1024u);
  EXPECT_FALSE(findings.verdict.resident.has_value());
}

TEST(SelectionTest, ABadExpressionIsRefused) {
  EXPECT_TRUE(metrics::CheckExpression("a|b").ok());
  EXPECT_FALSE(metrics::CheckExpression("a(").ok());
  EXPECT_FALSE(metrics::CheckExpression("[").ok());
}

TEST(RankingTest, SmallSharesAreLeftOut) {
  Profile profile = Server();
  Query query;
  query.min_share = 0.01;
  const Findings findings = Examine(query, &profile);
  EXPECT_EQ(findings.ranking(RankBy::kTotalBytes).size(), 2u);
  EXPECT_EQ(findings.groups.size(), 5u);
}

// Whatever the grouping, nothing is lost and nothing counted twice.
TEST(SelectionTest, SentencesSayThatTheyAreOfAPart) {
  metrics::Query query;
  query.selection.focus = "parse_header";
  const std::string part = TextOf(Server(), {}, query);
  EXPECT_TRUE(absl::StrContains(part, "Nothing that is selected is left at the end.")) << part;
  EXPECT_FALSE(absl::StrContains(part, "The peak is")) << part;
  EXPECT_FALSE(absl::StrContains(part, "Nothing is left")) << part;
  query.selection.focus = "open_session";
  const std::string other = TextOf(Server(), {}, query);
  EXPECT_TRUE(absl::StrContains(other, "Left at the end, of what is selected: ")) << other;
}

TEST(VerdictTest, OfASumOfProfilesTheHighestIsWhatWasLiveAtOnce) {
  Profile profile = Server();
  const std::string one = TextOf(profile);
  profile.merged_profiles = 2;
  for (model::Point& point : profile.points) point.counters.gmax_bytes *= 2;
  const std::string sum = TextOf(profile);
  EXPECT_TRUE(absl::StrContains(one, "go up to 6.10 MB")) << one;
  EXPECT_TRUE(absl::StrContains(sum, "go up to 6.00 MB")) << sum;
}

TEST(RankingTest, AThresholdThatNothingReachesIsNamedAndTakesNoSentenceAway) {
  metrics::Query query;
  query.min_share = 1;
  ReportOptions end;
  end.sort = RankBy::kEndBytes;
  const std::string of_the_end = TextOf(Server(), end, query);
  EXPECT_TRUE(absl::StrContains(of_the_end, "Nothing has the share")) << of_the_end;
  EXPECT_FALSE(absl::StrContains(of_the_end, "Nothing of yours")) << of_the_end;
  const std::string text = TextOf(Server(), {}, query);
  EXPECT_TRUE(absl::StrContains(text, "Nothing has the share that --min-pct asks for.")) << text;
  EXPECT_TRUE(absl::StrContains(text, "The peak is ")) << text;
}

TEST(GroupingTest, SumsAreKept) {
  size_t sums = 0;
  for (uint32_t seed = 0; seed < 40; ++seed) {
    Profile profile = RandomProfile(seed, 1 + seed * 5);
    model::Counters all;
    for (const model::Point& point : profile.points) model::AddCounters(point.counters, &all);
    for (const GroupBy by :
         {GroupBy::kSite, GroupBy::kFunction, GroupBy::kFile, GroupBy::kModule, GroupBy::kThread}) {
      Query query;
      query.by = by;
      const Findings findings = Examine(query, &profile);
      EXPECT_EQ(findings.totals.all.total_bytes, all.total_bytes);
      EXPECT_EQ(findings.totals.all.end_blocks, all.end_blocks);
      for (const TreeOrder order : {TreeOrder::kDown, TreeOrder::kUp}) {
        metrics::TreeQuery tree_query;
        tree_query.order = order;
        tree_query.by = by;
        tree_query.whole = all.total_bytes;
        tree_query.min_share = seed % 2 == 0 ? 0 : 0.05;
        const metrics::CallTree tree = BuildCallTree(profile, tree_query);
        EXPECT_EQ(tree.nodes[0].amount.bytes, all.total_bytes);
        for (const metrics::TreeNode& node : tree.nodes) {
          // What a node has is its children's, or its own.
          uint64_t below = node.small_amount.bytes;
          for (const size_t child : node.children) below += tree.nodes[child].amount.bytes;
          EXPECT_LE(below, node.amount.bytes);
          ++sums;
        }
        ReportOptions options;
        options.columns = 80;
        ExpectFitsColumns(TreeText(profile, tree, tree_query, options), 80);
      }
      ReportOptions options = SmallScreen();
      ExpectFitsColumns(LeaksText(profile, findings, options), 80);
    }
  }
  EXPECT_GE(sums, 10000u);
  printf("%zu nodes of trees\n", sums);
}

TEST(TreeTest, CallersContainWhatTheyCall) {
  Profile profile = Server();
  for (const bool is_down : {true, false}) {
    metrics::TreeQuery query;
    query.order = is_down ? TreeOrder::kDown : TreeOrder::kUp;
    query.min_share = 0;
    query.whole = 12319344;
    const metrics::CallTree tree = BuildCallTree(profile, query);
    ReportOptions options;
    const std::string text = TreeText(profile, tree, query, options);
    ExpectGolden(is_down ? "server_tree_down.txt" : "server_tree_up.txt", text);
    ExpectFitsColumns(text);
    options.unicode = false;
    const std::string plain = TreeText(profile, tree, query, options);
    EXPECT_TRUE(std::all_of(plain.begin(), plain.end(), [](char c) { return c > 0; })) << plain;
  }
}

// A function that calls itself holds each of its stacks once.
TEST(TreeTest, RecursionCountsOnce) {
  Builder builder;
  builder.Add({kMalloc, "0x2: leaf (r.c:3)", "0x3: walk (r.c:9)", "0x4: walk (r.c:9)",
               "0x5: walk (r.c:9)", kMain},
              {100, 10, 1000, 100, 10, 100, 10, 100, 10, 0, 0});
  const metrics::SourceFile file =
      FindSourceLines(builder.profile_, "r.c", RankBy::kTotalBytes).at(0);
  EXPECT_EQ(file.lines.at(9).through.bytes, 100u);
  EXPECT_EQ(file.lines.at(9).through.blocks, 10u);
  metrics::TreeQuery query;
  query.whole = 100;
  EXPECT_EQ(BuildCallTree(builder.profile_, query).nodes.size(), 4u);  // all, main, walk, leaf
}

TEST(SourceLinesTest, LinesHaveTheirOwnAndWhatIsCalledThroughThem) {
  const Profile profile = Server();
  EXPECT_TRUE(FindSourceLines(profile, "quest.cc", RankBy::kTotalBytes).empty());
  const auto files = FindSourceLines(profile, "src/request.cc", RankBy::kTotalBytes);
  ASSERT_EQ(files.size(), 1u);
  const metrics::SourceFile& file = files[0];
  ASSERT_EQ(file.lines.size(), 3u);
  EXPECT_EQ(file.lines.at(41).self.bytes, 3200320u);
  EXPECT_EQ(file.lines.at(41).through.bytes, 3200320u);
  EXPECT_EQ(file.lines.at(88).self.bytes, 0u);
  EXPECT_EQ(file.lines.at(88).through.bytes, 3200000u);
  EXPECT_EQ(file.lines.at(140).through.blocks, 10u);
  EXPECT_EQ(file.sum.through.bytes, 3200320u);
  EXPECT_EQ(file.sum.self.bytes, 3200320u);
}

TEST(SourceLinesTest, TheSourceIsShownAroundThem) {
  const Profile profile = Server();
  AnnotatedFile file;
  file.figures = FindSourceLines(profile, "request.cc", RankBy::kTotalBytes).at(0);
  const std::string bare = AnnotationText(profile, {file}, RankBy::kTotalBytes, {});
  EXPECT_NE(bare.find("The source was not found"), std::string::npos);
  file.path = "src/request.cc";
  for (int i = 1; i <= 142; ++i) file.text.push_back(absl::StrCat("\tline ", i, ";\r"));
  file.text[40] = "\theader\033[2J = malloc(strlen(line) + 1);  // " + std::string(99, 'x');
  const std::string text = AnnotationText(profile, {file}, RankBy::kTotalBytes, {});
  ExpectGolden("server_annotated.txt", text);
  ExpectFitsColumns(text);
  EXPECT_EQ(text.find('\033'), std::string::npos);
}

TEST(LeaksTextTest, KindsStandApart) {
  Profile profile = Server();
  profile.has_details = true;
  profile.moments = {400000, 800000, 1200000, 1600000, 2000000, 2400000, 2800000, 3200000};
  profile.t_late = 3900000;
  for (model::Point& point : profile.points) {
    point.counters.moment_bytes.assign(profile.moments.size(), point.counters.end_bytes);
  }
  profile.points[3].counters.moment_bytes = {6000, 12000, 18000, 24000, 30000, 36000, 42000, 48000};
  profile.points[0].counters.moment_bytes = {0, 1000, 2000, 3000, 4000, 5000, 6000, 6000000};
  profile.points[0].counters.late_freed_bytes = 6000000;
  const Findings findings = metrics::Examine({}, &profile);
  const std::string text = LeaksText(profile, findings, {});
  ExpectGolden("server_leaks.txt", text);
  ExpectFitsColumns(text);
  ExpectFitsColumns(LeaksText(profile, findings, SmallScreen()), 80);
}

TEST(HistogramTest, SizesLifetimesAndWhatBecameOfTheBlocks) {
  Profile profile = Server();
  profile.has_details = true;
  model::Counters& c = profile.points[1].counters;
  c.request_sizes = {0, 5, 0, 0, 0, 60000, 39995};
  c.lifetimes = {1, 0, 99000, 999};
  c.smallest_request = 1;
  c.largest_request = 40;
  c.threads = 2;
  profile.lifetime_tick_us = 0.5;
  ReportOptions options;
  options.histograms = true;
  options.sort = RankBy::kTotalBlocks;
  options.top = 1;
  const std::string text = TextOf(profile, options);
  ExpectGolden("server_histograms.txt", text);
  ExpectFitsColumns(text);
}

TEST(ResizesTest, MovesAreRanked) {
  Profile profile = Server();
  profile.points[1].counters.moved_bytes = 5000;
  profile.points[1].counters.moved_resizes = 30000;
  profile.points[1].counters.settled_resizes = 20000;
  profile.points[0].counters.slack_bytes = 9000;
  ReportOptions options;
  options.sort = RankBy::kMovedBytes;
  const std::string text = TextOf(profile, options);
  // 100,000 requests, half of which resize.
  EXPECT_NE(text.find("5.00 KB   100%    50,000     40.0%       1.0"), std::string::npos) << text;
  options.sort = RankBy::kSlack;
  EXPECT_NE(TextOf(profile, options).find("9.00 KB   100%     3,000       3 B      0.1%"),
            std::string::npos);
}

}  // namespace
}  // namespace memshim::analyzer::render
