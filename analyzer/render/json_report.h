// The report for programs: one JSON object with exact whole numbers.
//   "schema": "memshim-report", "schemaVersion": 1  (grows by new keys only; a key that changes
//     its meaning or goes away raises the version)
//   "file", "command", "mode": texts;  "pid": number
//   "timeUnit": text; every time below is in it;  "tEnd", "tGmax", "shortLivedThreshold"
//   "ending": "exit", "fast-exit", "exec", "killed", "running" or "unknown";  "exitStatus"
//   "peakRssBytes", "threads", "startUnixMs", "memshimVersion": only if known
//   "hasLifetimes", "hasLifetimeSums", "hasAccesses": which figures mean something
//   "totals", "runtimeTotals": FIGURES of all points, and of the runtime's own (not yours)
//   "losses": [{"what", "count"}], "notes": [text], "foldedPoints", "foldedBytes", "cutPoints"
//   "lifetimeTickUs": microseconds, "lateSince": time, "moments": [time]: only with details
//   "failedRequests": [{"count", "bytes", "largest", "stack"}]: requests that were refused;
//   likewise "verify": {"equal", "equalWhereDescribed", "different", "notCompared"}: only after
//   verify=on "timeline": [[time, live bytes, live blocks]] "sites": [{"kind": "user", "runtime",
//   "folded" or "unknown", "label", "function", "file",
//     "line", "module", "address", "moduleOffset": only if known, "points": number, "stack": [frame
//     texts of the point with most bytes, innermost first], "shortLived": bool, and FIGURES}], by
//     total bytes
//   "rankings": {"total-bytes": [indices into "sites"], "total-blocks", "peak", "peak-blocks",
//     "end", "end-blocks", "short-lived", "temporary"}; --top bounds each
// FIGURES: "totalBytes", "totalBlocks", "lifetime", "maxBytes", "maxBlocks" (a lower bound where
//   several points are summed), "gmaxBytes", "gmaxBlocks", "endBytes", "endBlocks", "readBytes",
//   "writtenBytes", "temporaryBytes", "temporaryBlocks"; in profiles of memshim's also DETAILS:
//   "smallestRequest", "largestRequest", "slackBytes", "remoteBlocks", "movedResizes",
//   "settledResizes", "movedBytes", "lateFreedBytes" (since "lateSince"), "threads" (of several
//   points the largest number), "requestSizes" ([b]: requests of bit width b), "lifetimes" ([b]:
//   dead blocks with a lifetime of bit width b in "lifetimeTickUs"), "momentBytes" (live at
//   "moments"). Sums that exceed 2^64-1 stay there.
#ifndef MEMSHIM_ANALYZER_RENDER_JSON_REPORT_H_
#define MEMSHIM_ANALYZER_RENDER_JSON_REPORT_H_

#include <string>

#include "analyzer/model/profile.h"
#include "analyzer/render/report_options.h"

namespace memshim::analyzer::render {

std::string JsonReport(const model::Profile& profile, const ReportOptions& options);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_JSON_REPORT_H_
