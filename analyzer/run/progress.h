// The line on a terminal that shows how a run is getting on.
#ifndef MEMSHIM_ANALYZER_RUN_PROGRESS_H_
#define MEMSHIM_ANALYZER_RUN_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "analyzer/run/watcher.h"

namespace memshim::analyzer::run {

// "12.0 s  live 34.1 MB  RSS 80.2 MB (+1.2 MB)  1.20 M allocations/s".
std::string ProgressText(absl::Duration time, const TreeFigures& figures, uint64_t resident_before,
                         double blocks_per_second);

class Progress {
 public:
  Progress();

  // Shows the figures, about once a second; else nothing. The cursor stays at the beginning of the
  // line, so that what the program writes takes its place.
  void Show(Watcher* watcher);
  // Takes the line away.
  void Clear();

 private:
  const absl::Time start_;
  absl::Time last_;
  uint64_t resident_before_ = 0;
  bool is_shown_ = false;
};

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_PROGRESS_H_
