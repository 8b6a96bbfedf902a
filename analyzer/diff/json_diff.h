// A comparison for programs: one JSON object with exact whole numbers.
//   "schema": "memshim-diff", "schemaVersion": 1  (grows by new keys only; a key that changes its
//     meaning or goes away raises the version)
//   "old", "new": {"file", "command"}
//   "bytesUnit", "timeUnit": texts
//   "totals": {NAME: {"old", "new"}}: "totalBytes", "totalBlocks"; with lifetimes "gmaxBytes",
//     "gmaxBlocks" (at the peak), "endBytes", "endBlocks" (without what the runtime keeps); of two
//     profiles of memshim's "temporaryBlocks"; where both are known "peakRssBytes" and "tEnd"
//   "sort": what sites are compared by, a name of the report's "rankings"
//   "whole": {"old", "new"}: what the sites' figures are shares of
//   "least": the smallest change that is listed
//   "sites": [{"change": "appeared", "grew", "shrank" or "gone", "old", "new": the figure,
//     "kind": as in the report, "label", "function", "file", "line", "module", "moduleOffset": only
//     if known, "oldFigures", "newFigures": FIGURES}], largest change first; all of them, whatever
//     --top says
//   "small": {"sites", "grown", "shrunk"}: what changed by less, added up;  "unchangedSites"
//   "remarks": [text]
// FIGURES: "totalBytes", "totalBlocks", "gmaxBytes", "gmaxBlocks", "endBytes", "endBlocks",
//   "temporaryBytes", "temporaryBlocks"
#ifndef MEMSHIM_ANALYZER_DIFF_JSON_DIFF_H_
#define MEMSHIM_ANALYZER_DIFF_JSON_DIFF_H_

#include <string>

#include "analyzer/diff/compare.h"
#include "analyzer/diff/diff_options.h"

namespace memshim::analyzer::diff {

std::string JsonDiff(const Comparison& comparison, const DiffOptions& options);

}  // namespace memshim::analyzer::diff

#endif  // MEMSHIM_ANALYZER_DIFF_JSON_DIFF_H_
