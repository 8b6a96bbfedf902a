// The rules by which frames are told to be the user's or not; see frame_kind_table.cc.
#ifndef MEMSHIM_ANALYZER_METRICS_FRAME_KIND_TABLE_H_
#define MEMSHIM_ANALYZER_METRICS_FRAME_KIND_TABLE_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "analyzer/metrics/frame_kind.h"

namespace memshim::analyzer::metrics {

enum class MatchBy {
  kFunction,        // the qualified name is this
  kFunctionPrefix,  // the qualified name begins with this
  kModulePrefix,    // the base name of the module begins with this
  kFileName,        // the base name of the source file is this
  kFilePrefix,      // the base name of the source file begins with this
  kPathPart,        // the path of the source file holds this
};

struct FrameRule {
  MatchBy match;
  absl::string_view text;
  FrameKind kind;
};

absl::Span<const FrameRule> FrameRules();

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_FRAME_KIND_TABLE_H_
