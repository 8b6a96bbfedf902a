// See thread_start.h.
#include "analyzer/metrics/thread_start.h"

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "analyzer/metrics/function_name.h"

namespace memshim::analyzer::metrics {
namespace {

constexpr absl::string_view kMainThread = "main thread";
constexpr absl::string_view kThreadStart = "start of a thread";
constexpr absl::string_view kNotTold = "thread not told (stack ends early)";

}  // namespace

// By the outermost frame. What lies below main is left out of profiles, so that frame may be any
// that the program's start-up or exit calls; files of others also end early, after so many frames
// as they were asked for. Where the C library has no debug information its frames have no names: it
// starts threads, the loader the main one.
ThreadStartFinder::Start ThreadStartFinder::StartOf(const model::Point& point) const {
  const uint32_t outermost = point.frames.back();
  const model::Frame& frame = profile_.frames[outermost];
  const FrameKind kind = sites_.KindOf(outermost);
  const absl::string_view module = BaseName(ModulePath(profile_, frame));
  if (kind == FrameKind::kThreadStart || absl::StartsWith(module, "libsystem_pthread")) {
    return Start::kOtherThread;
  }
  if (kind == FrameKind::kStart || QualifiedName(frame.function) == "main") {
    return Start::kMainThread;
  }
  if (absl::StartsWith(module, "ld-") || module == "dyld") return Start::kMainThread;
  const bool is_library = absl::StrContains(module, ".so") || absl::EndsWith(module, ".dylib");
  const bool is_program = !module.empty() && !is_library;
  if (frame.function.empty()) {
    return is_program                    ? Start::kMainThread
           : kind == FrameKind::kRuntime ? Start::kOtherThread
                                         : Start::kUnknown;
  }
  const bool is_whole = profile_.is_ours && (is_program || kind == FrameKind::kRuntime);
  return is_whole ? Start::kMainThread : Start::kUnknown;
}

// Where no frame is the user's it is the outermost one that does more than start the thread.
size_t ThreadStartFinder::OutermostFrame(const model::Point& point) const {
  size_t runtime = kNoFrame;
  for (size_t i = point.frames.size(); i-- > 0;) {
    const FrameKind kind = sites_.KindOf(point.frames[i]);
    if (kind == FrameKind::kUser) return i;
    if (kind == FrameKind::kRuntime && runtime == kNoFrame) runtime = i;
  }
  return runtime;
}

Site ThreadStartFinder::FindThreadStart(const model::Point& point) const {
  const Site site = sites_.FindSite(point);
  const Start start = point.frames.empty() ? Start::kUnknown : StartOf(point);
  if (start == Start::kUnknown) {
    const bool is_code = site.kind == SiteKind::kUser || site.kind == SiteKind::kRuntime;
    return is_code ? Site{site.kind, kNoFrame, kNotTold} : site;
  }
  // Of what is folded the thread is known all the same.
  const SiteKind kind = site.kind == SiteKind::kRuntime ? SiteKind::kRuntime : SiteKind::kUser;
  if (start == Start::kMainThread) return {kind, kNoFrame, kMainThread};
  const size_t position = OutermostFrame(point);
  return {kind, position, position == kNoFrame ? kThreadStart : ""};
}

}  // namespace memshim::analyzer::metrics
