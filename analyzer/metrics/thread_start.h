// Finds what the thread of an allocation was started for: the outermost frame of a stack that is no
// glue of a thread library. Threads that were started with one function are not told apart.
#ifndef MEMSHIM_ANALYZER_METRICS_THREAD_START_H_
#define MEMSHIM_ANALYZER_METRICS_THREAD_START_H_

#include <cstddef>

#include "analyzer/metrics/site.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::metrics {

// Both must outlive it.
class ThreadStartFinder {
 public:
  ThreadStartFinder(const model::Profile& profile, const SiteFinder& sites)
      : profile_(profile), sites_(sites) {}

  // The frame of the function that the point's thread was started with, or a label: of the main
  // thread, whose constructors and exit handlers are called from elsewhere; of a stack that ends
  // before the start of its thread. The kind is the site's.
  Site FindThreadStart(const model::Point& point) const;

 private:
  enum class Start { kMainThread, kOtherThread, kUnknown };

  Start StartOf(const model::Point& point) const;
  size_t OutermostFrame(const model::Point& point) const;

  const model::Profile& profile_;
  const SiteFinder& sites_;
};

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_THREAD_START_H_
