// See massif.h. The format: "key=value" lines, a block for each snapshot; nodes of a tree are
// "n<children>: <bytes> <text>", each indented by its depth, the innermost callers below the root.
#include "analyzer/convert/massif.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "analyzer/convert/label.h"
#include "analyzer/dhat/fit.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::convert {
namespace {

using model::Counters;

constexpr uint64_t kSignificantPercent = 1;  // massif's own default

// Callers of allocation functions, their callers, and so on, with the bytes each led to.
class CallerTree {
 public:
  CallerTree(const model::Profile& profile, uint64_t Counters::*figure);

  uint64_t bytes() const { return nodes_[0].bytes; }
  void Write(dhat::ByteSink* sink) const;

 private:
  struct Node {
    uint32_t frame = 0;
    uint64_t bytes = 0;
    std::vector<uint32_t> children = {};
  };
  struct Rows {
    std::vector<uint32_t> shown;  // most bytes first
    uint64_t hidden = 0, hidden_bytes = 0;
  };

  Rows RowsOf(const Node& node) const;

  const model::Profile& profile_;
  std::vector<Node> nodes_;
};

CallerTree::CallerTree(const model::Profile& profile, uint64_t Counters::*figure)
    : profile_(profile), nodes_(1) {
  std::vector<bool> allocates;
  for (const model::Frame& frame : profile.frames) {
    allocates.push_back(metrics::ClassifyFrame(profile, frame) == metrics::FrameKind::kAllocation);
  }
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, uint32_t> known;  // (parent, frame): node
  for (const model::Point& point : profile.points) {
    const uint64_t bytes = point.counters.*figure;
    if (bytes == 0) continue;
    uint32_t at = 0;
    nodes_[0].bytes = model::SaturatingAdd(nodes_[0].bytes, bytes);
    size_t i = 0;
    while (i < point.frames.size() && allocates[point.frames[i]]) ++i;
    // Each line is moved in by its depth: whole stacks of any depth would make a file grow with its
    // square.
    const size_t stop = std::min(point.frames.size(), i + dhat::kMaxStackFrames);
    for (; i < stop; ++i) {
      const auto [entry, is_new] = known.try_emplace({at, point.frames[i]}, nodes_.size());
      if (is_new) {
        nodes_[at].children.push_back(entry->second);
        nodes_.push_back({point.frames[i]});
      }
      at = entry->second;
      nodes_[at].bytes = model::SaturatingAdd(nodes_[at].bytes, bytes);
    }
  }
}

CallerTree::Rows CallerTree::RowsOf(const Node& node) const {
  Rows rows;
  for (uint32_t child : node.children) {
    if (nodes_[child].bytes / kSignificantPercent >= nodes_[0].bytes / 100) {
      rows.shown.push_back(child);
    } else {
      rows.hidden += 1;
      rows.hidden_bytes = model::SaturatingAdd(rows.hidden_bytes, nodes_[child].bytes);
    }
  }
  std::stable_sort(rows.shown.begin(), rows.shown.end(),
                   [&](uint32_t a, uint32_t b) { return nodes_[a].bytes > nodes_[b].bytes; });
  return rows;
}

void CallerTree::Write(dhat::ByteSink* sink) const {
  struct Step {
    uint32_t node;
    size_t depth;
    std::string hidden;  // a line instead of a node
  };
  // Not recursive: a stack of a file may have any depth.
  std::vector<Step> steps = {{0, 0, ""}};
  while (!steps.empty()) {
    const Step step = std::move(steps.back());
    steps.pop_back();
    const std::string indent(step.depth, ' ');
    if (!step.hidden.empty()) {
      sink->Write(absl::StrCat(indent, step.hidden));
      continue;
    }
    const Node& node = nodes_[step.node];
    const Rows rows = RowsOf(node);
    const std::string text = step.node == 0
                                 ? "(heap allocation functions) malloc/new/new[], --alloc-fns, etc."
                                 : OneLine(profile_.frames[node.frame].text);
    sink->Write(absl::StrCat(indent, "n", rows.shown.size() + (rows.hidden > 0 ? 1 : 0), ": ",
                             node.bytes, " ", text, "\n"));
    if (rows.hidden > 0) {
      const std::string hidden =
          absl::StrCat("n0: ", rows.hidden_bytes, " in ", rows.hidden, " place",
                       rows.hidden == 1 ? "" : "s", ", below massif's threshold (1.00%)\n");
      steps.push_back({0, step.depth + 1, hidden});
    }
    for (size_t i = rows.shown.size(); i > 0; --i) {
      steps.push_back({rows.shown[i - 1], step.depth + 1, ""});
    }
  }
}

struct Snapshot {
  uint64_t time = 0;
  uint64_t bytes = 0;
  const CallerTree* tree = nullptr;
  bool is_peak = false;
};

// Massif's readers know "i" (instructions), "ms" and "B" alone; a fraction of a millisecond is a
// number to them.
std::string TimeText(const model::Profile& profile, uint64_t time) {
  return profile.time_unit == "µs" ? absl::StrFormat("%d.%03d", time / 1000, time % 1000)
                                   : absl::StrCat(time);
}

// In the order of time: the beginning, what the timeline tells, the peak, the end.
std::vector<Snapshot> SnapshotsOf(const model::Profile& profile, const CallerTree& peak,
                                  const CallerTree& end) {
  std::vector<Snapshot> snapshots = {{}};
  const std::vector<model::TimelineSample>& samples = profile.timeline;
  const size_t stretch = samples.size() / (kMassifSnapshots - 3) + 1;
  for (size_t begin = 0; begin < samples.size(); begin += stretch) {
    const size_t stop = std::min(begin + stretch, samples.size());
    const auto has_fewer = [](const auto& a, const auto& b) { return a.live_bytes < b.live_bytes; };
    const auto most = std::max_element(samples.begin() + static_cast<ptrdiff_t>(begin),
                                       samples.begin() + static_cast<ptrdiff_t>(stop), has_fewer);
    snapshots.push_back({most->time, most->live_bytes});
  }
  snapshots.push_back({profile.t_gmax, peak.bytes(), &peak, true});
  snapshots.push_back({std::max(profile.t_end, profile.t_gmax), end.bytes(), &end});
  std::stable_sort(snapshots.begin(), snapshots.end(),
                   [](const Snapshot& a, const Snapshot& b) { return a.time < b.time; });
  return snapshots;
}

void WriteSnapshot(size_t number, const std::string& time, const Snapshot& snapshot,
                   dhat::ByteSink* sink) {
  sink->Write(absl::StrCat("#-----------\nsnapshot=", number, "\n#-----------\ntime=", time,
                           "\nmem_heap_B=", snapshot.bytes,
                           "\nmem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree=",
                           snapshot.tree == nullptr ? "empty"
                           : snapshot.is_peak       ? "peak"
                                                    : "detailed",
                           "\n"));
  if (snapshot.tree != nullptr) snapshot.tree->Write(sink);
}

}  // namespace

void WriteMassif(const model::Profile& profile, dhat::ByteSink* sink) {
  const CallerTree peak(profile, &Counters::gmax_bytes);
  const CallerTree end(profile, &Counters::end_bytes);
  sink->Write(absl::StrCat("desc: written by memshim ", MEMSHIM_VERSION,
                           "\ncmd: ", OneLine(profile.command),
                           "\ntime_unit: ", profile.time_unit == "µs" ? "ms" : "i", "\n"));
  size_t number = 0;
  for (const Snapshot& snapshot : SnapshotsOf(profile, peak, end)) {
    WriteSnapshot(number++, TimeText(profile, snapshot.time), snapshot, sink);
  }
}

}  // namespace memshim::analyzer::convert
