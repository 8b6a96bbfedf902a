// See site.h.
#include "analyzer/metrics/site.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "analyzer/metrics/function_name.h"
#include "analyzer/metrics/runtime_buffer_table.h"

namespace memshim::analyzer::metrics {
namespace {

// libstdc++ keeps memory for the exceptions of a program that has run out of it: 72,704 bytes in
// GCC 5 to 12, 73,728 in 13 (seen), made before main.
constexpr absl::string_view kEmergencyPool = "libstdc++ emergency pool";
constexpr uint64_t kEmergencyPoolMinBytes = 70000;
constexpr uint64_t kEmergencyPoolMaxBytes = 80000;

}  // namespace

SiteFinder::SiteFinder(const model::Profile& profile) : profile_(profile) {
  absl::flat_hash_map<absl::string_view, absl::string_view> labels;
  for (const RuntimeBufferRule& rule : RuntimeBufferRules()) labels[rule.function] = rule.label;
  for (const model::Frame& frame : profile.frames) {
    kinds_.push_back(ClassifyFrame(profile, frame));
    absl::string_view& label = labels_.emplace_back();
    const auto known = labels.find(QualifiedName(frame.function));
    if (known != labels.end()) label = known->second;
    has_label_.push_back(!label.empty());
  }
}

// Behind the innermost frame of the user's nothing is the runtime's own: what a library's
// constructor allocates does not belong to the dlopen that runs it.
absl::string_view SiteFinder::KnownBuffer(const model::Point& point) const {
  for (uint32_t frame : point.frames) {
    if (kinds_[frame] == FrameKind::kUser) break;
    if (!has_label_[frame]) continue;
    for (const RuntimeBufferRule& rule : RuntimeBufferRules()) {
      const bool is_meant = rule.label == labels_[frame];
      if (is_meant && point.counters.total_blocks <= rule.max_blocks) return rule.label;
    }
  }
  return "";
}

Site SiteFinder::FindSite(const model::Point& point) const {
  const std::vector<uint32_t>& stack = point.frames;
  const bool is_folded = !stack.empty() && kinds_[stack[0]] == FrameKind::kPseudo &&
                         profile_.frames[stack[0]].text == model::kFoldedFrame;
  if (is_folded) {
    return {SiteKind::kFolded, 0, ""};
  }
  if (const absl::string_view label = KnownBuffer(point); !label.empty()) {
    return {SiteKind::kRuntime, kNoFrame, label};
  }
  // Without a frame of a library below the allocation function nothing is known: the stack could
  // not be followed, or there was no room for it.
  Site runtime = {SiteKind::kUnknown, kNoFrame, "caller unknown"};
  bool is_libstdcxx = false;
  for (size_t i = 0; i < stack.size(); ++i) {
    const model::Frame& frame = profile_.frames[stack[i]];
    switch (kinds_[stack[i]]) {
      case FrameKind::kUser:
        return {SiteKind::kUser, i, ""};
      case FrameKind::kRuntime:
        runtime = {SiteKind::kRuntime, i, ""};
        is_libstdcxx |= absl::StartsWith(BaseName(ModulePath(profile_, frame)), "libstdc++") ||
                        BaseName(frame.file) == "eh_alloc.cc";
        break;
      case FrameKind::kPseudo:
        if (runtime.kind == SiteKind::kUnknown) runtime.label = frame.text;
        break;
      case FrameKind::kAllocation:
      case FrameKind::kStart:
      case FrameKind::kThreadStart:
        break;
    }
  }
  const uint64_t bytes = point.counters.total_bytes;
  if (is_libstdcxx && point.counters.total_blocks == 1 && bytes >= kEmergencyPoolMinBytes &&
      bytes <= kEmergencyPoolMaxBytes) {
    runtime.label = kEmergencyPool;
  }
  return runtime;
}

}  // namespace memshim::analyzer::metrics
