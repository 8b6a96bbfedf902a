// Budgets: what they are held against, how they are written, and what is said of them.
#include "analyzer/check/check.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <regex>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "analyzer/check/budget.h"
#include "analyzer/check/budget_file.h"
#include "analyzer/check/junit.h"
#include "analyzer/check/markdown_summary.h"
#include "analyzer/check/outcome_text.h"
#include "analyzer/check/place.h"
#include "analyzer/check/suppressions.h"
#include "gtest/gtest.h"
#include "tests/unit/dhat_testing.h"
#include "tests/unit/golden_testing.h"
#include "tests/unit/site_testing.h"

namespace memshim::analyzer::check {
namespace {

using model::Profile;

TEST(WildcardTest, MeansWhatLeakSanitizerMeans) {
  EXPECT_TRUE(MatchesWildcard("foo", "a::foo(int)"));
  EXPECT_FALSE(MatchesWildcard("foo", "fo"));
  EXPECT_TRUE(MatchesWildcard("^foo", "foobar"));
  EXPECT_FALSE(MatchesWildcard("^foo", "a foo"));
  EXPECT_TRUE(MatchesWildcard("foo$", "a foo"));
  EXPECT_FALSE(MatchesWildcard("foo$", "foo foo"));  // the first one is not at the end
  EXPECT_TRUE(MatchesWildcard("a$b", "xa"));         // nothing counts behind it
  EXPECT_TRUE(MatchesWildcard("a*$", "xab"));
  EXPECT_FALSE(MatchesWildcard("*", ""));
  EXPECT_FALSE(MatchesWildcard("foo$", "foobar"));
  EXPECT_TRUE(MatchesWildcard("^foo$", "foo"));
  EXPECT_TRUE(MatchesWildcard("^lib*.so$", "libx.so"));
  EXPECT_FALSE(MatchesWildcard("^lib*.so$", "libx.so.1"));
  EXPECT_TRUE(MatchesWildcard("a*b*c", "xaybzc"));
  EXPECT_FALSE(MatchesWildcard("a*b*c", "xacb"));
  EXPECT_TRUE(MatchesWildcard("*", "anything"));
  EXPECT_FALSE(MatchesWildcard("^ab*ba$", "aba"));
  EXPECT_FALSE(MatchesWildcard("FOO", "foo"));
}

// Against the standard library's regular expressions, on texts where much nearly matches. Before
// '$' less matches than could: tests/e2e/test_check.py asks LeakSanitizer itself.
TEST(WildcardTest, AsRegularExpressions) {
  std::mt19937 random(815);
  uint64_t matching = 0, compared = 0;
  for (int round = 0; round < 20000; ++round) {
    const auto letters = [&](const char* from, size_t kinds, size_t most) {
      std::string text;
      for (size_t i = random() % (most + 1); i > 0; --i) text += from[random() % kinds];
      return text;
    };
    const std::string core = letters("ab*", 3, 5), text = letters("ab", 2, 7);
    const bool left = random() % 2 == 0, right = random() % 2 == 0;
    std::string expression;
    for (const char c : core) expression += c == '*' ? std::string(".*") : std::string(1, c);
    const std::string whole = absl::StrCat(left ? "" : ".*", expression, right ? "" : ".*");
    const bool expected = std::regex_match(text, std::regex(whole));
    const std::string pattern = absl::StrCat(left ? "^" : "", core, right ? "$" : "");
    const bool found = MatchesWildcard(pattern, text);
    if (right || text.empty()) {
      ASSERT_TRUE(expected || !found) << pattern << " on " << text;
    } else {
      ASSERT_EQ(found, expected) << pattern << " on " << text;
    }
    matching += found ? 1 : 0;
    ++compared;
  }
  std::cout << "compared " << compared << " matches, " << matching << " positive\n";
  EXPECT_GT(matching, 2000u);
  EXPECT_LT(matching, 17000u);
}

TEST(PlaceTest, NamesAreThoseThatTheReportShows) {
  const Place place = {"void app::Cache<int>::Insert(int) const", "src/cache.cc",
                       "/usr/lib/libapp.so"};
  for (const char* name :
       {"void app::Cache<int>::Insert(int) const", "app::Cache<int>::Insert",
        "app::Cache<...>::Insert", "cache.cc", "src/cache.cc", "libapp.so", "/usr/lib/libapp.so"}) {
    EXPECT_TRUE(PlacePattern::Name(name).Matches(place)) << name;
  }
  for (const char* name : {"Insert", "cache", "libapp", "", "app::Cache"}) {
    EXPECT_FALSE(PlacePattern::Name(name).Matches(place)) << name;
  }
  EXPECT_TRUE(PlacePattern::Regex("Cache<.*>::In")->Matches(place));
  EXPECT_TRUE(PlacePattern::Regex("^/usr/lib/")->Matches(place));
  EXPECT_FALSE(PlacePattern::Regex("^Cache")->Matches(place));
  EXPECT_FALSE(PlacePattern::Regex("(").ok());
  EXPECT_FALSE(PlacePattern().Matches(place));
  EXPECT_FALSE(PlacePattern::Name("").Matches({}));
  EXPECT_FALSE(PlacePattern::Wildcard("*").Matches({}));
}

TEST(SuppressionsTest, LinesAndWhatIsWrongWithThem) {
  std::vector<Suppression> read;
  ASSERT_TRUE(ParseSuppressions("# known\n\nleak:png_*\r\n  leak:^libx.so$\n", "s", &read).ok());
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].pattern.text(), "png_*");
  EXPECT_EQ(read[1].origin, "s:4");
  EXPECT_EQ(ParseSuppressions("leak:a\nrace:b\n", "s", &read).message(),
            "s:2: expected leak:PATTERN or a comment, found 'race:b'");
  EXPECT_FALSE(ParseSuppressions("leak:", "s", &read).ok());
}

std::string FileError(const std::string& text) {
  const absl::StatusOr<Budgets> budgets = ParseBudgets(text, "b.toml");
  return budgets.ok() ? "fine" : std::string(budgets.status().message());
}

TEST(BudgetFileTest, EverythingThatCanStandInIt) {
  const absl::StatusOr<Budgets> read = ParseBudgets(R"(
max-peak = "64M"
max-leaked = 0
max-temporary = "12.5%"
baseline = "base.json"
tolerance = "3%"
suppressions = ["leak:a", "leak:b"]
[[site]]
name = "parse"
max-total-blocks = 1_000
[[function]]
regex = "^Load"
max-peak = "1MiB"
max-leaked = "1K"
)",
                                                    "ci/b.toml");
  ASSERT_TRUE(read.ok()) << read.status();
  std::vector<std::string> found;
  for (const Budget& budget : read->budgets) {
    found.push_back(absl::StrCat(SpecOf(budget.kind).name, "=", budget.limit, " ",
                                 static_cast<int>(budget.scope.kind), budget.scope.pattern.text()));
  }
  std::sort(found.begin(), found.end());
  EXPECT_EQ(absl::StrJoin(found, ", "),
            "max-leaked=0 0, max-leaked=1000 2^Load, max-peak=1048576 2^Load, max-peak=64000000 0, "
            "max-temporary=125000 0, max-total-blocks=1000 1parse");
  EXPECT_EQ(read->baseline, "ci/base.json");
  EXPECT_EQ(read->tolerance, 0.03);
  EXPECT_EQ(read->suppressions.size(), 2u);
}

TEST(BudgetFileTest, WhatIsWrongIsSaidInOneLine) {
  EXPECT_EQ(FileError("max-peek = 1"), "b.toml:1: unknown key 'max-peek'");
  EXPECT_EQ(FileError("\nmax-peak = \"64Q\""),
            "b.toml:2: expected a size such as 64M, 1.5GiB or 4096 for max-peak, found '64Q'");
  EXPECT_EQ(FileError("max-peak = -1"),
            "b.toml:1: expected a size such as 64M, 1.5GiB or 4096 for max-peak, found '-1'");
  EXPECT_EQ(FileError("max-temporary = 5"),
            "b.toml:1: expected a share from 0% to 100% for max-temporary, found '5'");
  EXPECT_EQ(FileError("tolerance = 2"), "b.toml:1: expected a share such as \"2%\" for tolerance");
  EXPECT_EQ(FileError("baseline = 2"), "b.toml:1: expected a path for baseline");
  EXPECT_EQ(FileError("site = 2"), "b.toml:1: expected tables that begin with [[site]]");
  EXPECT_EQ(FileError("site = [2]"), "b.toml:1: expected a table, as [[site]] begins one");
  EXPECT_EQ(FileError("[[site]]\nmax-peak = 1"),
            "b.toml:1: expected either name = \"TEXT\" or regex = \"TEXT\"");
  EXPECT_EQ(FileError("[[site]]\nname = \"a\""),
            "b.toml:1: expected a budget, such as max-peak, in this table");
  EXPECT_EQ(FileError("[[site]]\nname = \"a\"\nmax-rss = 1"),
            "b.toml:3: max-rss can be set for the whole run alone");
  EXPECT_EQ(FileError("[[function]]\nregex = \"(\"\nmax-peak = 1"),
            "b.toml:2: expected a regular expression (RE2), found '(': missing ): (");
  EXPECT_EQ(FileError("suppressions = [\"x\"]"),
            "b.toml:1: expected texts like leak:PATTERN in suppressions");
  EXPECT_EQ(FileError("suppressions = 1"), "b.toml:1: expected a list of texts for suppressions");
  for (const char* broken : {"max-peak =", "[[site", "a = [1, 2", "\x01", "\xff = 1"}) {
    EXPECT_TRUE(absl::StartsWith(FileError(broken), "b.toml:1: expected TOML: ")) << broken;
  }
  // Letters that toml++ 3.3 has no case for when it looks for blanks.
  EXPECT_EQ(
      FileError(
          "# f\u00FCr \u0159\u00A1\n[[site]]\nname = \"gr\u00F6\u00DFe\"\nmax-peak = 1 # \u00E9"),
      "fine");
  EXPECT_TRUE(absl::StartsWith(FileError("max-peak = \u00E9"), "b.toml:1: expected TOML: "));
  EXPECT_TRUE(absl::StartsWith(FileError("max-peak = 1 \u01F8"), "b.toml:1: expected TOML: "));
  // Where toml++ itself would give up.
  EXPECT_EQ(FileError("[.a]\nb = 1"),
            "b.toml: expected TOML, found a key that begins with a dot or the like");
  // Nothing nested by hand is this deep.
  EXPECT_NE(FileError("a = " + std::string(100000, '[')), "fine");
}

// f leaks 3 of its blocks, g leaks 2, libc keeps 1.
Profile Leaky() {
  ProfileBuilder builder;
  builder.Add({"0x10: f (a.c:3)", "0x11: main (a.c:9)"}, Blocks(100, 50, 3))
      .Add({"0x12: g (b.c:4)", "0x11: main (a.c:9)"}, Blocks(200, 60, 2))
      .Add({"0x13: _IO_file_doallocate (in /usr/lib/libc.so.6)", "0x11: main (a.c:9)"},
           Blocks(1, 1, 1));
  builder.profile_.points[1].counters.temporary_blocks = 75;
  builder.profile_.peak_rss_bytes = 5000000;
  return builder.profile_;
}

Outcome OutcomeOf(const Profile& profile, BudgetKind kind, uint64_t limit, const Scope& scope = {},
                  const std::vector<Suppression>& suppressions = {}) {
  Budgets budgets;
  budgets.budgets.push_back({kind, limit, scope});
  budgets.suppressions = suppressions;
  return Check(profile, nullptr, budgets).outcomes.front();
}

TEST(CheckTest, TheFiguresThatBudgetsAreHeldAgainst) {
  const Profile p = Leaky();
  EXPECT_EQ(OutcomeOf(p, BudgetKind::kPeak, 0).found, 1110u);
  EXPECT_EQ(OutcomeOf(p, BudgetKind::kPeakBlocks, 0).found, 111u);
  EXPECT_EQ(OutcomeOf(p, BudgetKind::kTotal, 0).found, 3010u);
  EXPECT_EQ(OutcomeOf(p, BudgetKind::kTotalBlocks, 0).found, 301u);
  EXPECT_EQ(OutcomeOf(p, BudgetKind::kLeaked, 0).found, 50u);  // not the runtime's
  EXPECT_EQ(OutcomeOf(p, BudgetKind::kLeakedBlocks, 0).found, 5u);
  EXPECT_EQ(OutcomeOf(p, BudgetKind::kRss, 0).found, 5000000u);
  EXPECT_EQ(OutcomeOf(p, BudgetKind::kTemporary, 0).found, 249170u);  // 75 of 301, rounded up
}

TEST(CheckTest, ALimitMayBeReachedAndNotPassed) {
  EXPECT_EQ(OutcomeOf(Leaky(), BudgetKind::kPeak, 1110).verdict, Verdict::kKept);
  const Outcome breach = OutcomeOf(Leaky(), BudgetKind::kPeak, 1109);
  EXPECT_EQ(breach.verdict, Verdict::kBreached);
  EXPECT_EQ(BreachText(breach, false),
            "max-peak: found 1,110 bytes, at most 1,109 bytes allowed (+0.1%); most by g (b.c:4) "
            "600 B, f (a.c:3) 500 B, stdio buffer [runtime, not yours] 10 B");
}

TEST(CheckTest, PartsOfTheProgram) {
  const Profile p = Leaky();
  const Scope site_f = {Scope::Kind::kSite, PlacePattern::Name("f")};
  const Scope site_main = {Scope::Kind::kSite, PlacePattern::Name("main")};
  const Scope function_main = {Scope::Kind::kFunction, PlacePattern::Name("main")};
  EXPECT_EQ(OutcomeOf(p, BudgetKind::kTotalBlocks, 0, site_f).found, 100u);
  EXPECT_EQ(OutcomeOf(p, BudgetKind::kTotalBlocks, 0, site_main).found, 0u);
  EXPECT_EQ(OutcomeOf(p, BudgetKind::kTotalBlocks, 0, function_main).found, 301u);
  EXPECT_EQ(
      OutcomeOf(p, BudgetKind::kTemporary, 0, {Scope::Kind::kSite, *PlacePattern::Regex("^g$")})
          .found,
      375000u);
  Budgets budgets;
  budgets.budgets.push_back({BudgetKind::kPeak, 5, site_main});
  EXPECT_EQ(Check(p, nullptr, budgets).remarks,
            std::vector<std::string>{"max-peak of site main matches nothing in the profile."});
}

TEST(CheckTest, SuppressedLeaksAreNotLeaked) {
  std::vector<Suppression> suppressions;
  ASSERT_TRUE(ParseSuppressions("leak:nothing\nleak:b.c\nleak:^g$\n", "s", &suppressions).ok());
  EXPECT_EQ(OutcomeOf(Leaky(), BudgetKind::kLeaked, 0, {}, suppressions).found, 30u);
  EXPECT_EQ(OutcomeOf(Leaky(), BudgetKind::kPeak, 0, {}, suppressions).found, 1110u);
  Budgets budgets;
  budgets.suppressions = suppressions;
  const CheckResult result = Check(Leaky(), nullptr, budgets);
  ASSERT_EQ(result.suppressions.size(), 3u);
  EXPECT_EQ(result.suppressions[0].blocks, 0u);
  EXPECT_EQ(result.suppressions[1].blocks, 2u);
  EXPECT_EQ(result.suppressions[1].bytes, 20u);
  EXPECT_EQ(result.suppressions[2].blocks, 0u);  // the one before had it first
}

TEST(CheckTest, WhatAProfileDoesNotTellIsNoSuccess) {
  Profile p = Leaky();
  p.has_lifetimes = false;
  p.is_ours = false;
  p.peak_rss_bytes.reset();
  for (const BudgetKind kind :
       {BudgetKind::kPeak, BudgetKind::kPeakBlocks, BudgetKind::kLeaked, BudgetKind::kLeakedBlocks,
        BudgetKind::kRss, BudgetKind::kTemporary}) {
    EXPECT_EQ(OutcomeOf(p, kind, UINT64_MAX).verdict, Verdict::kUnknown);
  }
  EXPECT_EQ(OutcomeOf(p, BudgetKind::kTotal, UINT64_MAX).verdict, Verdict::kKept);
}

TEST(CheckTest, ABaselineMayBeExceededByTheTolerance) {
  Profile now = Leaky();
  now.points[0].counters.total_blocks += 6;  // 301 to 307: 1.99%
  Budgets budgets;
  const Profile base = Leaky();
  const auto breaches = [&] {
    std::vector<std::string> names;
    for (const Outcome& outcome : Check(now, &base, budgets).outcomes) {
      if (outcome.verdict == Verdict::kBreached) names.push_back(outcome.name);
    }
    return names;
  };
  EXPECT_EQ(breaches(), std::vector<std::string>{});
  now.points[0].counters.total_blocks += 1;
  EXPECT_EQ(breaches(), std::vector<std::string>{"max-total-blocks of baseline"});
  budgets.tolerance = 0.03;
  EXPECT_EQ(breaches(), std::vector<std::string>{});
  now.points[1].counters.end_blocks += 1;
  budgets.tolerance = 0;
  now.points[0].counters.total_blocks = base.points[0].counters.total_blocks;
  EXPECT_EQ(breaches(), std::vector<std::string>{"max-leaked-blocks of baseline"});
  const CheckResult result = Check(now, &base, budgets);
  EXPECT_EQ(result.outcomes.size(), 6u);
  EXPECT_EQ(
      BreachText(result.outcomes.back(), false),
      "max-leaked-blocks of baseline: found 6 blocks, at most 5 blocks allowed (+20.0%); most "
      "by g (b.c:4) +1 block");
}

TEST(CheckTest, TheCommandLineReplacesWhatAFileSays) {
  Budgets budgets;
  budgets.budgets.push_back({BudgetKind::kPeak, 5, {}});
  budgets.budgets.push_back({BudgetKind::kPeak, 6, {Scope::Kind::kSite, PlacePattern::Name("f")}});
  SetRunBudget(BudgetKind::kPeak, 7, &budgets);
  SetRunBudget(BudgetKind::kTotal, 8, &budgets);
  ASSERT_EQ(budgets.budgets.size(), 3u);
  EXPECT_EQ(budgets.budgets[0].limit, 7u);
  EXPECT_EQ(budgets.budgets[1].limit, 6u);
  EXPECT_EQ(budgets.budgets[2].limit, 8u);
}

TEST(CheckTextTest, Goldens) {
  Budgets budgets;
  for (const auto& [kind, limit] :
       {std::pair(BudgetKind::kPeak, 1000), std::pair(BudgetKind::kLeaked, 1000),
        std::pair(BudgetKind::kTemporary, 100000), std::pair(BudgetKind::kRss, 1000000)}) {
    budgets.budgets.push_back({kind, static_cast<uint64_t>(limit), {}});
  }
  ASSERT_TRUE(ParseSuppressions("leak:g|`", "s", &budgets.suppressions).ok());
  Profile profile = Leaky();
  profile.frames[2].function = "f|`<&\"\x1b\xff]]>";
  profile.frames[5].function = "g|`";
  profile.command = "./app <b>|x";
  profile.losses = {{"frees of <unknown> blocks", 3}};
  const CheckResult result = Check(profile, nullptr, budgets);
  ExpectGolden("check.md", MarkdownSummary(result, "dhat|heap.json"));
  ExpectGolden("check.xml", JunitXml(result, "a&b\x02.json"));
}

}  // namespace
}  // namespace memshim::analyzer::check
