// For the tests of reports: a server in small as a profile, the bounds of a screen.
#ifndef MEMSHIM_TESTS_UNIT_REPORT_TESTING_H_
#define MEMSHIM_TESTS_UNIT_REPORT_TESTING_H_

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "analyzer/metrics/findings.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/format.h"
#include "analyzer/render/json_report.h"
#include "analyzer/render/text_report.h"
#include "gtest/gtest.h"
#include "tests/unit/dhat_testing.h"
#include "tests/unit/golden_testing.h"

namespace memshim::analyzer::render {

using model::Profile;

inline constexpr size_t kScreenLines = 40;

inline void ExpectFitsColumns(const std::string& text, size_t columns = 100) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    EXPECT_LE(DisplayWidth(line), columns) << line;
    EXPECT_FALSE(absl::EndsWith(line, " ")) << line;
  }
}

inline size_t Lines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

// What the report command prints.
inline std::string TextOf(Profile profile, const ReportOptions& options = {},
                          const metrics::Query& query = {}) {
  const metrics::Findings findings = metrics::Examine(query, &profile);
  return TextReport(profile, findings, options);
}

inline std::string JsonOf(Profile profile, const ReportOptions& options) {
  const metrics::Findings findings = metrics::Examine({}, &profile);
  return JsonReport(profile, findings, options);
}

// A screen of 80 columns and 24 lines, the last of which is the next prompt's.
inline ReportOptions SmallScreen() {
  ReportOptions options;
  options.columns = 80;
  options.lines = 23;
  return options;
}

class Builder {
 public:
  Builder() {
    profile_.is_ours = true;
    profile_.mode = "heap";
    profile_.frames.emplace_back().text = "[root]";
  }

  Builder& Add(const std::vector<std::string>& texts, const model::Counters& counters) {
    AddPoint(texts, &profile_).counters = counters;
    return *this;
  }

  Profile profile_;
};

inline constexpr char kMalloc[] = "0x0: malloc (in libmemshim.so)";
inline constexpr char kMain[] = "0x4012AB: main (server.cc:77)";

// A server in small: a cache that grows, requests that churn, a leak, a buffer of libc.
inline Profile Server() {
  Builder builder;
  builder
      .Add(
          {kMalloc, "0x401200: std::vector<Entry>::_M_grow(int) (stl_vector.h:3)",
           "0x401210: cache::Table<std::string, Entry>::insert(Entry const&) (table.h:120)", kMain},
          {9000000, 3000, 4500000000, 6000000, 2000, 6000000, 2000, 0, 0, 0, 0})
      .Add({kMalloc, "0x401300: parse_header (request.cc:41)",
            "0x401310: handle_request (request.cc:88)", kMain},
           {3200000, 100000, 300000, 320, 10, 64, 2, 0, 0, 0, 0})
      .Add({kMalloc, "0x401300: parse_header (request.cc:41)",
            "0x401390: handle_upgrade (request.cc:140)", kMain},
           {320, 10, 30, 64, 2, 0, 0, 0, 0, 0, 0})
      .Add({kMalloc, "0x401400: open_session (session.cc:19)", kMain},
           {48000, 1000, 1900000000, 48000, 1000, 24000, 500, 48000, 1000, 0, 0})
      .Add({kMalloc, "0x7F10: ??? (in /usr/lib/libplugin.so+0x1f40)", kMain},
           {70000, 7, 7000000, 70000, 7, 70000, 7, 10000, 1, 0, 0})
      .Add({kMalloc, "0x7F20: _IO_file_doallocate (in /usr/lib/libc.so.6)",
            "0x7F30: puts (in /usr/lib/libc.so.6)", kMain},
           {1024, 1, 3900000, 1024, 1, 1024, 1, 1024, 1, 0, 0});
  Profile profile = builder.profile_;
  profile.command = "./server --port 8080";
  profile.pid = 4711;
  profile.t_end = 4000000;
  profile.t_gmax = 2500000;
  profile.memshim_version = "0.1.0";
  profile.ending = model::Ending::kExit;
  profile.exit_status = 3;
  profile.peak_rss_bytes = 25000000;
  profile.thread_count = 4;
  for (uint64_t i = 0; i <= 40; ++i) {
    const uint64_t live = i < 25 ? i * 240000 : 6000000 - (i - 25) * 390000;
    profile.timeline.push_back({i * 100000, live, live / 3000});
  }
  profile.losses = {{"frees of blocks from before the recording", 12}};
  return profile;
}

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_TESTS_UNIT_REPORT_TESTING_H_
