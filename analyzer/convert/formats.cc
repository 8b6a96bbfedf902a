// See formats.h.
#include "analyzer/convert/formats.h"

#include <utility>

#include "analyzer/convert/callgrind.h"
#include "analyzer/convert/collapsed.h"
#include "analyzer/convert/csv.h"
#include "analyzer/convert/markdown.h"
#include "analyzer/convert/massif.h"
#include "analyzer/convert/pprof.h"
#include "analyzer/convert/speedscope.h"
#include "analyzer/dhat/fit.h"
#include "analyzer/dhat/json_output.h"

namespace memshim::analyzer::convert {
namespace {

void WriteDhat(model::Profile& profile, const Request& request, dhat::ByteSink* sink) {
  if (request.max_bytes > 0) {
    dhat::FoldToSize(&profile, request.max_bytes);
  } else {
    dhat::FitStacks(&profile);
  }
  dhat::WriteJson(profile, sink);
}

constexpr Format kFormats[] = {
    {"markdown", "tables for an issue or a pull request", false,
     [](model::Profile& profile, const Request& request, dhat::ByteSink* sink) {
       WriteMarkdown(profile, request.top, sink);
     }},
    {"csv", "a row for each program point, with all figures", false,
     [](model::Profile& profile, const Request&, dhat::ByteSink* sink) {
       WriteCsv(profile, sink);
     }},
    {"collapsed", "a line for each stack, for flame graphs; one metric", false,
     [](model::Profile& profile, const Request& request, dhat::ByteSink* sink) {
       WriteCollapsed(profile, *request.metric, sink);
     }},
    {"pprof", "profile.proto, compressed, for pprof and what reads it", false,
     [](model::Profile& profile, const Request& request, dhat::ByteSink* sink) {
       WritePprof(profile, request.live_at_peak, sink);
     }},
    {"speedscope", "for https://www.speedscope.app, all metrics", false,
     [](model::Profile& profile, const Request&, dhat::ByteSink* sink) {
       WriteSpeedscope(profile, sink);
     }},
    {"massif", "live bytes over time, for ms_print and massif-visualizer", true,
     [](model::Profile& profile, const Request&, dhat::ByteSink* sink) {
       WriteMassif(profile, sink);
     }},
    {"callgrind", "callers and callees, for KCachegrind; all metrics", false,
     [](model::Profile& profile, const Request&, dhat::ByteSink* sink) {
       WriteCallgrind(profile, sink);
     }},
    {"dhat", "DHAT JSON again: filtered, or folded to a size", false, WriteDhat},
};

}  // namespace

absl::Span<const Format> Formats() { return kFormats; }

const Format* FindFormat(absl::string_view name) {
  for (const Format& format : kFormats) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

}  // namespace memshim::analyzer::convert
