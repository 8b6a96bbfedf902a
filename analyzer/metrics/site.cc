// See site.h.
#include "analyzer/metrics/site.h"

#include <cstdint>
#include <limits>

#include "absl/strings/match.h"
#include "analyzer/metrics/function_name.h"

namespace memshim::analyzer::metrics {
namespace {

// Blocks that the runtime keeps to itself although the user's code led to them. `max_blocks`
// bounds how many of them a stack may have made: a program that opens a million files has a
// million stdio buffers, and then they are its own concern.
struct KnownBufferRule {
  absl::string_view function;
  absl::string_view label;
  uint64_t max_blocks;
};
constexpr uint64_t kAnyNumber = std::numeric_limits<uint64_t>::max();
constexpr KnownBufferRule kKnownBuffers[] = {
    // Made by the first use of a stream; freed by fclose, for stdout and its like never.
    {"_IO_file_doallocate", "stdio buffer", 1},
    // Of each thread; kept with its stack for the next thread.
    {"_dl_allocate_tls", "thread-local storage", kAnyNumber},
    {"allocate_dtv", "thread-local storage", kAnyNumber},
    {"_dl_update_slotinfo", "thread-local storage", kAnyNumber},
};

// libstdc++ keeps memory for the exceptions of a program that has run out of it: 72,704 bytes in
// GCC 5 to 12, 73,728 in 13 (seen), made before main.
constexpr absl::string_view kEmergencyPool = "libstdc++ emergency pool";
constexpr uint64_t kEmergencyPoolMinBytes = 70000;
constexpr uint64_t kEmergencyPoolMaxBytes = 80000;

}  // namespace

SiteFinder::SiteFinder(const model::Profile& profile) : profile_(profile) {
  for (const model::Frame& frame : profile.frames) {
    kinds_.push_back(ClassifyFrame(profile, frame));
    absl::string_view& label = labels_.emplace_back();
    const absl::string_view name = QualifiedName(frame.function);
    for (const KnownBufferRule& rule : kKnownBuffers) {
      if (name == rule.function) label = rule.label;
    }
    has_label_.push_back(!label.empty());
  }
}

absl::string_view SiteFinder::KnownBuffer(const model::Point& point) const {
  for (uint32_t frame : point.frames) {
    if (!has_label_[frame]) continue;
    for (const KnownBufferRule& rule : kKnownBuffers) {
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
