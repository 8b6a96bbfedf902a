// How a report is to look.
#ifndef MEMSHIM_ANALYZER_RENDER_REPORT_OPTIONS_H_
#define MEMSHIM_ANALYZER_RENDER_REPORT_OPTIONS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/metrics/site_groups.h"

namespace memshim::analyzer::render {

// With fewer lines, blank ones are left out where they only please.
inline constexpr size_t kRoomyLines = 36;

struct ReportOptions {
  std::string file;                     // as the user named it
  std::vector<std::string> selection;   // "--focus=RE" ...: options that have chosen a part
  std::optional<metrics::RankBy> sort;  // only the section ordered by this, in full
  std::optional<size_t> top;            // rows of a section; else as many as fit on a screen
  size_t depth = 0;                     // frames shown below each row
  bool histograms = false;              // sizes and lifetimes below each row
  bool full_names = false;
  bool use_color = false;
  bool unicode = true;  // of our own characters; names are printed as they are
  // The screen: no line is wider (but for full names), and no report that was not asked for in full
  // is longer. The line of the next prompt is not counted.
  size_t columns = 100;
  size_t lines = 39;
};

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_REPORT_OPTIONS_H_
