// Adds up the cells of a ledger: what each program point amounts to.
#ifndef MEMSHIM_ANALYZER_LEDGER_SUMS_H_
#define MEMSHIM_ANALYZER_LEDGER_SUMS_H_

#include <vector>

#include "absl/status/status.h"
#include "analyzer/ledger/contents.h"
#include "analyzer/ledger/ledger_file.h"

namespace memshim::analyzer::ledger {

// The tables that cells lead to.
struct CellTables {
  std::vector<format::Cell> cells;
  std::vector<format::Histogram> histograms;
  std::vector<format::History> histories;
};

// Fills contents->sums, failed_requests, moments and late_ticks. Requires: contents->points and
// end_ticks. A figure below zero, which a kill between two stores can leave, counts as zero.
// Points of failed requests become ordinary ones without figures.
absl::Status SumCells(const LedgerFile& file, const format::Header& header,
                      const CellTables& tables, Contents* contents);

}  // namespace memshim::analyzer::ledger

#endif  // MEMSHIM_ANALYZER_LEDGER_SUMS_H_
