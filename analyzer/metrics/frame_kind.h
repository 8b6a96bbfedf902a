// Whose code a frame is: the user's, or that of an allocator, a standard library, the loader.
// The rules are the tables of frame_kind_table.cc; metrics/site.h builds on them.
#ifndef MEMSHIM_ANALYZER_METRICS_FRAME_KIND_H_
#define MEMSHIM_ANALYZER_METRICS_FRAME_KIND_H_

#include "absl/strings/string_view.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::metrics {

enum class FrameKind {
  kUser,         // everything no rule speaks of
  kAllocation,   // an allocation function or a thin wrapper of one
  kRuntime,      // a standard library, a language runtime, the loader
  kStart,        // runtime that only starts programs: never worth showing
  kThreadStart,  // the same of threads and coroutines
  kPseudo,       // "[frames cut]" and its like: no code
};

FrameKind ClassifyFrame(const model::Profile& profile, const model::Frame& frame);

// The path of the frame's module; empty when unknown.
absl::string_view ModulePath(const model::Profile& profile, const model::Frame& frame);

// What follows the last slash.
absl::string_view BaseName(absl::string_view path);

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_FRAME_KIND_H_
