// What each line of a source file allocates: itself, and through what it calls.
#ifndef MEMSHIM_ANALYZER_METRICS_SOURCE_LINES_H_
#define MEMSHIM_ANALYZER_METRICS_SOURCE_LINES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::metrics {

struct SourceLine {
  Amount self;     // of call sites on this line
  Amount through;  // of all stacks with a frame on this line, each once
  // RankFigure() of both.
  uint64_t self_figure = 0;
  uint64_t through_figure = 0;
};

struct SourceFile {
  std::string file;  // as the profile names it
  std::map<uint32_t, SourceLine> lines;
  SourceLine sum;  // `through`: of stacks with any frame in the file
};

// The files of the profile that `name` may mean: equal, or one is the other without some of the
// folders in front. Files with the most bytes through them come first.
std::vector<SourceFile> FindSourceLines(const model::Profile& profile, absl::string_view name,
                                        RankBy by);

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_SOURCE_LINES_H_
