// Files for the tests of analyzer/dhat: small profiles as text, temporary places, random models.
#ifndef MEMSHIM_TESTS_UNIT_DHAT_TESTING_H_
#define MEMSHIM_TESTS_UNIT_DHAT_TESTING_H_

#include <stdlib.h>

#include <bit>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "analyzer/dhat/frame_text.h"
#include "analyzer/model/profile.h"
#include "gtest/gtest.h"

namespace memshim::analyzer {

// Adds a point whose frames have these texts, innermost first, to a profile that has its root
// frame.
inline model::Point& AddPoint(const std::vector<std::string>& texts, model::Profile* profile) {
  model::Point& point = profile->points.emplace_back();
  for (const std::string& text : texts) {
    const dhat::FrameParts parts = dhat::ParseFrameText(text);
    point.frames.push_back(static_cast<uint32_t>(profile->frames.size()));
    model::Frame& frame = profile->frames.emplace_back();
    frame.text = text;
    frame.address = parts.address;
    frame.function = std::string(parts.function);
    frame.file = std::string(parts.file);
    frame.line = parts.line;
    if (!parts.module_path.empty()) {
      frame.module = static_cast<uint32_t>(profile->modules.size());
      profile->modules.push_back({std::string(parts.module_path), ""});
    }
  }
  return point;
}

// A folder that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = ::testing::TempDir() + "memshim-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  std::string Path(const std::string& name) const { return (path_ / name).string(); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }

 private:
  std::filesystem::path path_;
};

inline std::string FileText(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Two points on lines 4 and 5, the shape of dhat-rs.
inline std::string GoodText() {
  return R"json({"dhatFileVersion":2,"mode":"heap","verb":"Allocated","bklt":true,"bkacc":false,
"tu":"µs","Mtu":"s","tuth":10,"cmd":"./app --fast","pid":7,"te":100,"tg":50,
"pps":[
{"tb":10,"tbk":1,"tl":5,"mb":10,"mbk":1,"gb":10,"gbk":1,"eb":0,"ebk":0,"fs":[1,2]},
{"tb":30,"tbk":3,"tl":60,"mb":20,"mbk":2,"gb":20,"gbk":2,"eb":10,"ebk":1,"fs":[1,3]}],
"ftbl":["[root]","0x10: malloc (in /lib/libshim.so)","0x20: main (a.c:3)","0x30: f (a.c:9)"]}
)json";
}

inline std::string GoodTextWith(const std::string& from, const std::string& to) {
  const std::string changed = absl::StrReplaceAll(GoodText(), {{from, to}});
  EXPECT_NE(changed, GoodText()) << "nothing to replace: " << from;
  return changed;
}

// Figures beyond DHAT's as a recording gives them: what one size tells is not told twice, and
// moments end where they are as at the end.
inline void FillDetails(std::mt19937& random, model::Counters* c) {
  const auto below = [&](uint64_t n) { return random() % n; };
  c->threads = 1 + below(below(5) == 0 ? 20 : 1);
  if (below(2) == 0) {
    c->total_bytes -= c->total_bytes % c->total_blocks;
    c->smallest_request = c->largest_request = c->total_bytes / c->total_blocks;
    c->request_sizes.resize(static_cast<size_t>(std::bit_width(c->smallest_request)) + 1);
    c->request_sizes.back() = c->total_blocks;
  } else {
    c->smallest_request = 1 + below(10);
    c->largest_request = 100 + below(1000);
    c->request_sizes = {0, 1 + below(9), 0, 0, below(5), 1 + below(7)};
  }
  if (below(3) != 0) c->lifetimes = {below(3), 0, 0, below(3), 0, 1 + below(100)};
  if (below(3) == 0) c->slack_bytes = below(10000);
  if (below(9) == 0) c->remote_blocks = below(c->total_blocks);
  if (below(5) == 0) {
    c->moved_resizes = 1 + below(5);
    c->settled_resizes = below(5);
    c->moved_bytes = below(5000);
  }
  if (below(5) == 0) c->late_freed_bytes = below(c->total_bytes);
  if (below(4) == 0) c->temporary_blocks = c->temporary_bytes = 1 + below(100);
  for (uint64_t j = below(9); j > 0; --j) c->moment_bytes.push_back(below(1000));
  if (!c->moment_bytes.empty()) c->moment_bytes.back() = c->end_bytes + 1;
}

// Stacks of a random tree: common callers, recursion, some deeper than the file keeps, some texts
// twice in the frame table.
inline model::Profile RandomProfile(uint32_t seed, size_t points) {
  std::mt19937 random(seed);
  const auto below = [&](uint64_t n) { return random() % n; };
  model::Profile profile;
  profile.is_ours = true;
  profile.mode = "heap";
  profile.memshim_version = "0.1.0";
  profile.command = absl::StrCat("./random ", seed);
  profile.pid = seed + 1;
  profile.t_end = 1000000;
  profile.t_gmax = below(1000000);
  profile.modules = {{"/usr/bin/random", "0a0b"}, {"/usr/lib/libx.so", ""}};
  profile.has_details = true;
  profile.lifetime_tick_us = 0.34375;
  profile.t_late = 980000;
  for (uint64_t j = 1; j <= 9; ++j) profile.moments.push_back(j * 100000);
  const size_t frames = 30 + below(200);
  profile.frames.emplace_back().text = "[root]";
  for (size_t i = 1; i < frames; ++i) {
    const size_t same = i > 10 && below(20) == 0 ? i - 5 : i;  // a text that is there already
    model::Frame& frame = profile.frames.emplace_back();
    frame.address = 0x1000 + same;
    frame.function = absl::StrCat("function_", same);
    frame.file = "random.cc";
    frame.line = static_cast<uint32_t>(same);
    frame.text =
        absl::StrFormat("0x%X: %s (%s:%d)", frame.address, frame.function, frame.file, frame.line);
    frame.module = static_cast<uint32_t>(same % 2);
  }
  for (size_t i = 0; i < points; ++i) {
    model::Point& point = profile.points.emplace_back();
    const size_t depth = 1 + below(below(10) == 0 ? 300 : 20);
    for (size_t d = 0; d < depth; ++d) {
      // The outer half comes from few frames, so that stacks share callers.
      const uint64_t choices = d > depth / 2 ? 4 : frames - 1;
      point.frames.push_back(static_cast<uint32_t>(1 + below(choices)));
    }
    model::Counters& c = point.counters;
    c.total_blocks = 1 + below(1000);
    c.total_bytes = c.total_blocks * (1 + below(below(50) == 0 ? 1000000 : 100));
    c.lifetime = below(1000000);
    c.max_bytes = 1 + below(c.total_bytes);
    c.max_blocks = 1 + below(c.total_blocks);
    c.gmax_bytes = below(c.max_bytes + 1);
    c.gmax_blocks = below(c.max_blocks + 1);
    c.end_bytes = below(c.max_bytes + 1);
    c.end_blocks = below(c.max_blocks + 1);
    FillDetails(random, &c);
  }
  for (uint64_t i = 0; i < below(4); ++i) {
    model::FailedRequests& failed = profile.failed_requests.emplace_back();
    failed.count = 1 + below(9);
    failed.largest = 1 + below(1000000);
    failed.bytes = failed.largest * failed.count;
    for (uint64_t d = 0; d < 1 + below(200); ++d) {
      failed.frames.push_back(static_cast<uint32_t>(1 + below(frames - 1)));
    }
  }
  return profile;
}

}  // namespace memshim::analyzer

#endif  // MEMSHIM_TESTS_UNIT_DHAT_TESTING_H_
