// Whose line an allocation is, how lines are ranked, and that sums are kept.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analyzer/metrics/function_name.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/counters.h"
#include "gtest/gtest.h"
#include "tests/unit/dhat_testing.h"

namespace memshim::analyzer::metrics {
namespace {

using model::Profile;

// A profile with one point, whose frames have these texts, innermost first.
Profile OneStack(const std::vector<std::string>& texts) {
  Profile profile;
  profile.frames.emplace_back().text = "[root]";
  model::Point& point = AddPoint(texts, &profile);
  point.counters.total_blocks = 1;
  point.counters.total_bytes = 100;
  return profile;
}

std::string Describe(const Profile& profile) {
  const SiteGroup group = GroupBySite(profile, SiteFinder(profile)).front();
  const char* kinds[] = {"user", "runtime", "folded", "unknown"};
  return absl::StrCat(kinds[static_cast<int>(group.kind)], ": ", group.label, group.function);
}

std::string SiteOf(const std::vector<std::string>& texts) { return Describe(OneStack(texts)); }

constexpr char kMalloc[] = "0x1: malloc (in /usr/lib/libmemshim.so)";
constexpr char kNew[] = "0x1: operator new(unsigned long) (in /usr/lib/libmemshim.so)";

TEST(QualifiedNameTest, ReturnTypesAndParametersAreDropped) {
  EXPECT_EQ(QualifiedName("main"), "main");
  EXPECT_EQ(QualifiedName("void std::vector<int, A<(B)1> >::f<long>(int) const"),
            "std::vector<int, A<(B)1> >::f<long>");
  EXPECT_EQ(QualifiedName("std::vector<int> make<int>(int)"), "make<int>");
  EXPECT_EQ(QualifiedName("operator new(unsigned long)"), "operator new");
  EXPECT_EQ(QualifiedName("A::operator()(int) const"), "A::operator()");
  EXPECT_EQ(QualifiedName("std::ostream& operator<< <char>(std::ostream&)"), "operator<< <char>");
  EXPECT_EQ(QualifiedName("(anonymous namespace)::f(int)"), "(anonymous namespace)::f");
  EXPECT_EQ(QualifiedName("main::{lambda(int)#1}::operator()(int) const"),
            "main::{lambda(int)#1}::operator()");
  EXPECT_EQ(QualifiedName("my_operator(int)"), "my_operator");
  EXPECT_EQ(QualifiedName("(below main)"), "(below main)");
  EXPECT_EQ(QualifiedName("<a::B as c::D>::e"), "<a::B as c::D>::e");
  EXPECT_EQ(QualifiedName("getpwuid_r@@GLIBC_2.2.5"), "getpwuid_r");
  for (const char* odd : {"", "(", "<", ">", "operator", "operator(", "a b c", "f<", "f>(", "->"}) {
    QualifiedName(odd);
  }
}

TEST(SiteTest, AllocationFunctionsAndTheirWrappersAreSkipped) {
  EXPECT_EQ(SiteOf({kMalloc, "0x2: f (a.c:1)", "0x3: main (a.c:2)"}), "user: f");
  EXPECT_EQ(SiteOf({kMalloc, "0x2: xmalloc (xmalloc.c:1)", "0x3: f (a.c:2)"}), "user: f");
  EXPECT_EQ(SiteOf({kMalloc, "0x2: g_malloc0 (in /usr/lib/libglib-2.0.so.0)", "0x3: f (a.c:2)"}),
            "user: f");
  EXPECT_EQ(SiteOf({kMalloc, "0x2: _PyMem_RawMalloc (obmalloc.c:1)",
                    "0x3: PyObject_Malloc (obmalloc.c:9)", "0x4: list_resize (listobject.c:2)"}),
            "user: list_resize");
  EXPECT_EQ(SiteOf({"0x0: malloc (in libmemshim.so)", "0x2: f (a.c:1)"}), "user: f");
}

TEST(SiteTest, StandardLibrariesAreSkipped) {
  EXPECT_EQ(SiteOf({kNew, "0x2: allocate (new_allocator.h:137)", "0x2: push_back (stl_vector.h:9)",
                    "0x2: grow (t.cpp:8)"}),
            "user: grow");
  EXPECT_EQ(SiteOf({kNew, "0x2: void std::vector<My>::_M_realloc_insert<My>(My&&) (in /usr/bin/a)",
                    "0x3: std::vector<int> mine::make<int>(int) (in /usr/bin/a)"}),
            "user: std::vector<int> mine::make<int>(int)");
  EXPECT_EQ(SiteOf({kMalloc, "0x2: strdup (strdup.c:42)", "0x3: main (a.c:2)"}), "user: main");
  EXPECT_EQ(SiteOf({kMalloc, "0x2: ??? (in /usr/lib/libc.so.6)", "0x3: main (a.c:2)"}),
            "user: main");
  EXPECT_EQ(SiteOf({kMalloc, "0x2: alloc::raw_vec::finish_grow (raw_vec.rs:1)",
                    "0x3: <str as alloc::string::ToString>::to_string (string.rs:2)",
                    "0x4: <app::Row as core::fmt::Display>::fmt (main.rs:3)"}),
            "user: <app::Row as core::fmt::Display>::fmt");
}

TEST(SiteTest, TheUsersOwnFilesAreNotHiddenByTheirNames) {
  for (const char* mine :
       {"0x2: vector_grow (vector.c:1)", "0x2: list_new (list.c:1)",
        "0x2: stdlib_like (my_stl.c:1)", "0x2: mallocate (a.c:1)", "0x2: std_new(int) (a.cc:1)",
        "0x2: core_init (core.c:3)", "0x2: ??? (in /opt/app/libcore.so)", "0x2: ???"}) {
    EXPECT_EQ(SiteOf({kMalloc, mine, "0x3: main (a.c:2)"}).substr(0, 4), "user") << mine;
    EXPECT_EQ(SiteOf({kMalloc, mine, "0x3: main (a.c:2)"}).find("main"), std::string::npos) << mine;
  }
}

TEST(SiteTest, BuffersOfTheRuntimeAreNotTheUsers) {
  Profile pool = OneStack({kMalloc, "0x2: ??? (in /usr/lib/libstdc++.so.6.0.30)",
                           "0x3: call_init (dl-init.c:74)", "0x4: _dl_init (dl-init.c:121)",
                           "0x5: ??? (in /usr/lib/ld-linux-x86-64.so.2)"});
  pool.points[0].counters.total_bytes = 72704;
  EXPECT_EQ(Describe(pool), "runtime: libstdc++ emergency pool");
  Profile stdio = OneStack({kMalloc, "0x2: _IO_file_doallocate (filedoalloc.c:101)",
                            "0x3: puts (ioputs.c:40)", "0x4: main (a.c:2)"});
  EXPECT_EQ(Describe(stdio), "runtime: stdio buffer");
  stdio.points[0].counters.total_blocks = 1000;  // of files the user opens
  EXPECT_EQ(Describe(stdio), "user: main");
  EXPECT_EQ(SiteOf({kMalloc, "0x2: _dl_allocate_tls (dl-tls.c:1)", "0x3: pthread_create (p.c:1)",
                    "0x4: main (a.c:2)"}),
            "runtime: thread-local storage");
  EXPECT_EQ(SiteOf({kMalloc, "0x2: ??? (in /usr/lib/ld-linux-x86-64.so.2)",
                    "0x3: _dl_sysdep_start (x.c:1)"}),
            "runtime: ");
}

TEST(SiteTest, OnlyWhatTheRuntimeItselfAllocatesIsItsOwn) {
  EXPECT_EQ(SiteOf({kMalloc, "0x2: ??? (in /usr/lib/libc.so.6)", "0x3: setlocale (setlocale.c:1)",
                    "0x4: main (a.c:2)"}),
            "runtime: locale data");
  EXPECT_EQ(SiteOf({kMalloc, "0x2: _dl_new_object (dl-object.c:1)", "0x3: _dl_open (dl-open.c:1)",
                    "0x3: dlopen (dlopen.c:1)", "0x4: main (a.c:2)"}),
            "runtime: loaded library");
  // A library's constructor runs inside of dlopen.
  EXPECT_EQ(
      SiteOf({kMalloc, "0x2: make_tables (plugin.c:7)", "0x3: call_init (dl-init.c:74)",
              "0x3: _dl_open (dl-open.c:1)", "0x3: dlopen (dlopen.c:1)", "0x4: main (a.c:2)"}),
      "user: make_tables");
  // What these hand out is for the caller to free.
  EXPECT_EQ(SiteOf({kMalloc, "0x2: strdup (strdup.c:42)", "0x4: main (a.c:2)"}), "user: main");
  EXPECT_EQ(SiteOf({kMalloc, "0x2: newlocale (newlocale.c:1)", "0x4: main (a.c:2)"}), "user: main");
}

TEST(SiteTest, StacksThatSayNothingAreUnknown) {
  EXPECT_EQ(SiteOf({}), "unknown: caller unknown");
  EXPECT_EQ(SiteOf({kMalloc}), "unknown: caller unknown");
  EXPECT_EQ(SiteOf({kMalloc, "[out of ledger space]"}), "unknown: [out of ledger space]");
  EXPECT_EQ(SiteOf({"[folded]", "0x3: main (a.c:2)"}), "folded: [folded]");
}

std::string ThreadOf(const std::vector<std::string>& texts, bool is_ours = false) {
  Profile profile = OneStack(texts);
  profile.is_ours = is_ours;
  const SiteFinder finder(profile);
  const SiteGroup group = GroupPoints(profile, finder, GroupBy::kThread).front();
  return absl::StrCat(group.kind == SiteKind::kRuntime ? "runtime: " : "", group.label,
                      group.function, group.module_offset == 0 ? "" : group.module_path);
}

TEST(ThreadStartTest, TheMainThreadIsOne) {
  const std::string main_thread = "main thread";
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: f (a.c:1)", "0x3: main (a.c:2)"}), main_thread);
  EXPECT_EQ(ThreadOf({kMalloc, "0x3: main (a.c:2)", "0x4: __libc_start_main (libc-start.c:9)",
                      "0x5: _start (in /usr/bin/a)"}),
            main_thread);
  // A constructor, an exit handler, a stripped program, a loader without names.
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: Registry (a.cc:1)", "0x3: call_init (dl-init.c:1)",
                      "0x4: _dl_start_user (in /usr/lib/ld-linux-x86-64.so.2)"}),
            main_thread);
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: ??? (in /usr/bin/a+0x22)",
                      "0x3: ??? (in /usr/lib/libc.so.6+0x3)", "0x4: ??? (in /usr/bin/a+0x11)"}),
            main_thread);
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: f (a.cc:1)", "0x4: ??? (in /usr/lib/ld-2.31.so+0x10)"}),
            main_thread);
  EXPECT_EQ(ThreadOf({"[folded]", "0x3: main (a.c:2)"}), main_thread);
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: newlocale (newlocale.c:1)", "0x5: _start (in /usr/bin/a)"}),
            "runtime: main thread");
}

// Others may have cut the stack at any frame; in ours only what lies below main is missing.
TEST(ThreadStartTest, WhatCallsMainIsMissingInProfilesOfOurs) {
  const std::vector<std::vector<std::string>> stacks = {
      {kMalloc, "0x2: Registry (a.cc:1)", "0x3: call_init (libc-start.c:145)"},
      {kMalloc, "0x2: f (in /usr/bin/a)", "0x3: node::Start(int) (in /usr/bin/a)"},
      {kMalloc, "0x2: f (a.cc:1)", "0x3: exit (in /usr/lib/libc.so.6)"}};
  for (const std::vector<std::string>& stack : stacks) {
    EXPECT_EQ(ThreadOf(stack, true), "main thread");
    EXPECT_EQ(ThreadOf(stack, false), "thread not told (stack ends early)");
  }
  // macOS's system libraries have no names.
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: Work (in /Users/a/app)",
                      "0x3: ??? (in /usr/lib/system/libsystem_pthread.dylib+0x12)"},
                     true),
            "Work");
  EXPECT_EQ(
      ThreadOf({kMalloc, "0x2: main (in /Users/a/app)", "0x3: ??? (in /usr/lib/dyld+0x12)"}, true),
      "main thread");
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: f (in /Users/a/liba.dylib)"}, true),
            "thread not told (stack ends early)");
  // Lost in a library, or in code that nothing is known of.
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: f (in /opt/libx.so)"}, true),
            "thread not told (stack ends early)");
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: ???"}, true), "thread not told (stack ends early)");
}

TEST(ThreadStartTest, OthersAreNamedByTheirFunction) {
  const std::string start = "0x8: start_thread (pthread_create.c:442)";
  const std::string clone = "0x9: clone3 (clone3.S:81)";
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: f (a.c:1)", "0x3: Work (a.c:2)", start, clone}), "Work");
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: f (a.c:1)", "0x3: Work (a.c:2)", start}), "Work");
  EXPECT_EQ(
      ThreadOf({kNew, "0x2: std::vector<int>::push_back(int) (stl_vector.h:1)",
                "0x3: Pool::Run() (a.cc:2)", "0x4: std::__invoke_impl<void> (invoke.h:61)",
                "0x5: std::thread::_State_impl<int>::_M_run() (std_thread.h:210)",
                "0x6: execute_native_thread_routine (in /usr/lib/libstdc++.so.6)", start, clone}),
      "Pool::Run()");
  EXPECT_EQ(
      ThreadOf({kMalloc, "0x3: a::run::{{closure}} (a.rs:2)",
                "0x4: <alloc::boxed::Box<F> as core::ops::FnOnce>::call_once (boxed.rs:1)",
                "0x5: std::sys::unix::thread::Thread::new::thread_start (thread.rs:8)", start}),
      "a::run::{{closure}}");
  // Without debug information of the C library.
  EXPECT_EQ(ThreadOf({kMalloc, "0x3: Work (a.c:2)", "0x8: ??? (in /usr/lib/libc.so.6+0x89134)"}),
            "Work");
  EXPECT_EQ(ThreadOf({kMalloc, "0x3: ??? (in /opt/libx.so+0x1a2)", start}), "/opt/libx.so");
  EXPECT_EQ(ThreadOf({"[folded]", "0x3: Work (a.c:2)", start}), "Work");
  // What the thread library itself allocates in the thread.
  EXPECT_EQ(ThreadOf({"0x1: calloc (in /usr/lib/libmemshim.so)", "0x3: allocate_dtv (dl-tls.c:1)",
                      start}),
            "runtime: allocate_dtv");
  EXPECT_EQ(ThreadOf({kMalloc, start}), "start of a thread");
}

TEST(ThreadStartTest, WhatIsNotToldIsSaid) {
  const std::string not_told = "thread not told (stack ends early)";
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: f (a.c:1)", "0x3: g (a.c:2)"}), not_told);
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: f (a.c:1)", "0x3: ??? (in /opt/libx.so+0x1a2)"}), not_told);
  EXPECT_EQ(ThreadOf({kMalloc, "0x2: f (a.c:1)", "0x3: ???"}), not_told);
  EXPECT_EQ(ThreadOf({}), "caller unknown");
  EXPECT_EQ(ThreadOf({kMalloc, "[no stack]"}), "[no stack]");
  EXPECT_EQ(ThreadOf({"[folded]"}), "[folded]");
}

TEST(GroupTest, PointsOfOneLineAreOneSite) {
  Profile profile = OneStack({kMalloc, "0x2: f (a.c:1)", "0x3: main (a.c:2)"});
  profile.frames.push_back(profile.frames[2]);
  profile.frames.back().address = 0x9;  // the same line, inlined elsewhere
  profile.points.push_back(profile.points[0]);
  profile.points[1].frames = {1, 4, 3};
  profile.points.push_back(profile.points[0]);
  profile.points[2].frames = {1, 3};
  const std::vector<SiteGroup> groups = GroupBySite(profile, SiteFinder(profile));
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].points.size(), 2u);
  EXPECT_EQ(groups[0].counters.total_bytes, 200u);
}

TEST(GroupTest, OffsetsOfUnnamedCodeAreKept) {
  const Profile profile = OneStack({kMalloc, "0x7F00: ??? (in /opt/libx.so+0x1a2)"});
  const SiteGroup group = GroupBySite(profile, SiteFinder(profile)).front();
  EXPECT_EQ(group.module_path, "/opt/libx.so");
  EXPECT_EQ(group.module_offset, 0x1a2u);
}

TEST(RankTest, TiesAreBrokenByBytesThenName) {
  Profile profile;
  std::vector<SiteGroup> groups(4);
  groups[0].function = "b";
  groups[1].function = "a";
  groups[2].function = "c";
  groups[3].function = "none";
  for (size_t i = 0; i < 3; ++i) groups[i].counters.total_blocks = 5;
  groups[2].counters.total_bytes = 1;
  EXPECT_EQ(RankSites(profile, groups, RankBy::kTotalBlocks), (std::vector<size_t>{2, 1, 0}));
}

TEST(RankTest, ShortLivedGoesByTheAverageAndNeedsLifetimes) {
  Profile profile;  // threshold 10
  std::vector<SiteGroup> groups(3);
  groups[0].counters = {.total_blocks = 10, .lifetime = 100};
  groups[1].counters = {.total_blocks = 10, .lifetime = 101};
  groups[2].counters = {.total_blocks = 20, .lifetime = 0};
  EXPECT_EQ(RankSites(profile, groups, RankBy::kShortLived), (std::vector<size_t>{2, 0}));
  profile.has_lifetime_sums = false;
  EXPECT_TRUE(RankSites(profile, groups, RankBy::kShortLived).empty());
}

TEST(CountersTest, SumsStayAtTheLargestNumber) {
  model::Counters sum = {.total_bytes = ~uint64_t{0} - 1};
  model::AddCounters({.total_bytes = 5}, &sum);
  EXPECT_EQ(sum.total_bytes, ~uint64_t{0});
}

// Grouping loses nothing, whatever the stacks: sums over sites are sums over points.
TEST(GroupTest, SumsOverSitesAreSumsOverPoints) {
  size_t compared = 0;
  for (uint32_t seed = 0; seed < 50; ++seed) {
    const Profile profile = RandomProfile(seed, 200);
    model::Counters points;
    for (const model::Point& point : profile.points) model::AddCounters(point.counters, &points);
    const std::vector<SiteGroup> groups = GroupBySite(profile, SiteFinder(profile));
    const model::Counters sites = SumTotals(groups).all;
    EXPECT_EQ(sites.total_bytes, points.total_bytes);
    EXPECT_EQ(sites.total_blocks, points.total_blocks);
    EXPECT_EQ(sites.lifetime, points.lifetime);
    EXPECT_EQ(sites.gmax_bytes, points.gmax_bytes);
    EXPECT_EQ(sites.end_blocks, points.end_blocks);
    for (const SiteGroup& group : groups) compared += group.points.size();
    for (RankBy by : {RankBy::kTotalBytes, RankBy::kPeakBytes, RankBy::kEndBlocks}) {
      const std::vector<size_t> ranked = RankSites(profile, groups, by);
      EXPECT_TRUE(std::is_sorted(ranked.begin(), ranked.end(), [&](size_t a, size_t b) {
        return RankFigure(groups[a].counters, by) > RankFigure(groups[b].counters, by);
      }));
    }
  }
  printf("points compared: %zu\n", compared);
  EXPECT_EQ(compared, 50u * 200u);
}

}  // namespace
}  // namespace memshim::analyzer::metrics
