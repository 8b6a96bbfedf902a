// What the user asked of a report.
#ifndef MEMSHIM_ANALYZER_RENDER_REPORT_OPTIONS_H_
#define MEMSHIM_ANALYZER_RENDER_REPORT_OPTIONS_H_

#include <cstddef>
#include <optional>
#include <string>

#include "analyzer/metrics/site_groups.h"

namespace memshim::analyzer::render {

struct ReportOptions {
  std::string file;                     // as the user named it
  std::optional<metrics::RankBy> sort;  // only the section ordered by this, in full
  std::optional<size_t> top;            // rows of a section; else as many as fit on a screen
  size_t depth = 0;                     // frames shown below each row
  bool full_names = false;
  bool use_color = false;
  bool unicode = true;  // of our own characters; names are printed as they are
};

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_REPORT_OPTIONS_H_
