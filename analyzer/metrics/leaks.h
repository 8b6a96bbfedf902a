// What is left at the end, sorted by how suspicious it is. "Leak" is a judgement: a program may
// keep what it likes, but what grows as long as it runs is what people look for.
#ifndef MEMSHIM_ANALYZER_METRICS_LEAKS_H_
#define MEMSHIM_ANALYZER_METRICS_LEAKS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "analyzer/metrics/site_groups.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::metrics {

// Whether live bytes of a group grew through the run, told from moments evenly spread over it.
enum class Growth {
  kUnknown,  // fewer than four moments, or a file that has none
  kGrows,    // rises in at least half of the steps between moments, in the last third, too; falls
             // in a quarter at most; ends 20 % above its middle
  kSteady,   // anything else
};

// Live bytes at each of the profile's moments; empty if it has none.
std::vector<uint64_t> HistoryOf(const model::Profile& profile, const model::Counters& counters);

Growth GrowthOf(const std::vector<uint64_t>& history);

// Most suspicious first.
enum class Suspicion {
  kGrows,      // live at the end, and grew with time
  kFreedLate,  // held until the last 1 to 3 % of the run, which freeing at the end hides from
               // everybody who looks at the end alone
  kKept,       // live at the end, did not grow: made once, or a cache that is full
  kUntold,     // live at the end; the file does not tell its history
  kRuntime     // the runtime's own, not yours
};
inline constexpr size_t kSuspicions = 5;

struct Leak {
  size_t group = 0;
  Suspicion suspicion = Suspicion::kUntold;
  Growth growth = Growth::kUnknown;
  uint64_t bytes = 0;   // left at the end, or freed late
  uint64_t blocks = 0;  // 0 of what was freed late: unknown
};

struct LeakSum {
  uint64_t bytes = 0;
  uint64_t blocks = 0;
  size_t groups = 0;
};

struct Leaks {
  std::vector<Leak> entries;  // by suspicion, then most bytes first; a group may be in two
  std::array<LeakSum, kSuspicions> sums = {};

  const LeakSum& sum(Suspicion suspicion) const { return sums[static_cast<size_t>(suspicion)]; }
};

Leaks FindLeaks(const model::Profile& profile, const std::vector<SiteGroup>& groups);

}  // namespace memshim::analyzer::metrics

#endif  // MEMSHIM_ANALYZER_METRICS_LEAKS_H_
